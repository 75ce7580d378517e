// Whether the write-ahead log of a database ends where its writer ended it. SQLite reads the log up to
// the first frame that does not fit its checksum and forgets the rest without a word. That is right for
// a commit that was being written when the power failed, and wrong for one that was on the disk; so
// whoever opens the file looks first.
//
//   header 32 bytes │ frame: 24 bytes, page │ frame │ ✗ │ frames of the same generation: forgotten
//
// After https://www.sqlite.org/fileformat2.html#walformat. A log that was cut off just behind a commit
// cannot be told from one that ended there.
import { copyFileSync, existsSync, readFileSync, statSync } from "node:fs";

export interface LogDamage {
  /** Counts from 1. */
  readonly frame: number;
  /** Commits in the log that the database no longer shows, as far as they can be told. */
  readonly commits: number;
}

const headerBytes = 32;
const frameHeaderBytes = 24;
const magicNumber = 0x377f_0682;

/** Undefined when there is no log, or all of it can be read. */
export function logDamage(path: string): LogDamage | undefined {
  const logPath = logOf(path);
  if (!existsSync(logPath) || statSync(logPath).size <= headerBytes) return undefined;
  return damageIn(readFileSync(logPath));
}

/** Where the log is put aside, for whoever wants to see what was lost. */
export const damagedLogOf = (path: string): string => `${logOf(path)}.damaged`;

export function keepDamagedLog(path: string): void {
  copyFileSync(logOf(path), damagedLogOf(path));
}

const logOf = (path: string): string => `${path}-wal`;

/** `log`: all its bytes. Pure. */
export function damageIn(log: Uint8Array): LogDamage | undefined {
  if (log.byteLength <= headerBytes) return undefined;
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const magic = view.getUint32(0);
  const isLittle = (magic & 1) === 0;
  const pageBytes = view.getUint32(8) || 65_536;
  const frameBytes = frameHeaderBytes + pageBytes;
  let sum = sumOf(view, { from: 0, to: 24, isLittle }, [0, 0]);
  let isSound = (magic & ~1) === magicNumber && fits(view, 24, sum);
  // A generation of frames bears the salts of its header; what is older was in the log before it.
  const saltAt = isSound ? 16 : headerBytes + 8;
  if (saltAt + 8 > log.byteLength) return undefined;
  const salts = [view.getUint32(saltAt), view.getUint32(saltAt + 4)];
  let bad = isSound ? 0 : 1;
  let commits = 0;
  let isDamaged = false;
  let at = headerBytes;
  for (let frame = 1; at + frameHeaderBytes <= log.byteLength; frame += 1, at += frameBytes) {
    const salted = [view.getUint32(at + 8) === salts[0], view.getUint32(at + 12) === salts[1]];
    const isWhole = at + frameBytes <= log.byteLength;
    if (isSound) {
      isSound = isWhole && salted.every(Boolean);
      if (isSound) {
        sum = sumOf(view, { from: at, to: at + 8, isLittle }, sum);
        sum = sumOf(view, { from: at + 24, to: at + frameBytes, isLittle }, sum);
        isSound = fits(view, at + 16, sum);
      }
      if (!isSound) bad = frame;
    }
    // One salt that fits is enough: the other may be what was damaged.
    if (isSound || !salted.some(Boolean)) continue;
    const isCommit = view.getUint32(at + 4) > 0;
    isDamaged ||= isCommit || isWhole;
    commits += Number(isCommit);
  }
  return isDamaged ? { frame: bad, commits: Math.max(1, commits) } : undefined;
}

type Sum = readonly [number, number];

const fits = (view: DataView, at: number, [first, second]: Sum): boolean =>
  view.getUint32(at) === first && view.getUint32(at + 4) === second;

function sumOf(
  view: DataView,
  {
    from,
    to,
    isLittle,
  }: { readonly from: number; readonly to: number; readonly isLittle: boolean },
  [first, second]: Sum,
): Sum {
  let [one, two] = [first, second];
  for (let at = from; at < to; at += 8) {
    one = (one + view.getUint32(at, isLittle) + two) >>> 0;
    two = (two + view.getUint32(at + 4, isLittle) + one) >>> 0;
  }
  return [one, two];
}
