// Whether the write-ahead log of a database still has all its commits. SQLite reads the log up to the
// first frame that does not fit its checksum and forgets the rest without a word. That is right for a
// commit that was being written when the process or the power failed, and wrong for one that had been
// acknowledged; so whoever opens the file looks first.
//
//   header 32 bytes │ frame: 24 bytes, page │ frame │ ✗ │ frames of the same generation: forgotten
//
// Two witnesses: a commit behind the frame that does not fit, and the index beside the log, which
// outlives a killed process and counts what was committed. Without either, a log that lost its end is
// not told from one that ended there. After https://www.sqlite.org/walformat.html.
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { endianness } from "node:os";

export interface LogDamage {
  /** The first frame that cannot be read; counts from 1. */
  readonly frame: number;
}

const headerBytes = 32;
const frameHeaderBytes = 24;
const indexHeaderBytes = 48;
const magicNumber = 0x377f_0682;

/** Undefined when no commit is missed. Only for whoever holds the file, before it is opened. */
export function logDamage(path: string): LogDamage | undefined {
  const read = (end: string): Buffer =>
    existsSync(path + end) ? readFileSync(path + end) : Buffer.alloc(0);
  return damageIn(read("-wal"), read("-shm"));
}

/** Where the log is put aside, for whoever wants to see what was lost. */
export const damagedLogOf = (path: string): string => `${path}-wal.damaged`;

export const keepDamagedLog = (path: string): void =>
  copyFileSync(`${path}-wal`, damagedLogOf(path));

/** All bytes of the log and of its index; pure. */
export function damageIn(log: Buffer, index: Buffer): LogDamage | undefined {
  if (log.byteLength < headerBytes + frameHeaderBytes) return undefined;
  const reading = readableFrames(log);
  const committed = committedFrames(index, reading.salts);
  const isMissed = committed > reading.count || hasCommitBehind(log, reading);
  return isMissed ? { frame: reading.count + 1 } : undefined;
}

interface Reading {
  /** Frames from the first on that fit. */
  readonly count: number;
  /** The mark of all frames that were written since the log was begun anew. */
  readonly salts: Buffer;
  readonly frameBytes: number;
}

function readableFrames(log: Buffer): Reading {
  const magic = log.readUInt32BE(0);
  const read = (magic & 1) === 0 ? readLittle : readBig;
  const frameBytes = frameHeaderBytes + (log.readUInt32BE(8) || 65_536);
  let sum = sumOf(log.subarray(0, 24), [0, 0], read);
  const isSound = (magic & ~1) === magicNumber && fits(log, 24, sum);
  const saltsAt = isSound ? 16 : headerBytes + 8;
  const salts = log.subarray(saltsAt, saltsAt + 8);
  let count = 0;
  let at = headerBytes;
  while (isSound && at + frameBytes <= log.byteLength) {
    if (!log.subarray(at + 8, at + 16).equals(salts)) break;
    sum = sumOf(log.subarray(at, at + 8), sum, read);
    sum = sumOf(log.subarray(at + frameHeaderBytes, at + frameBytes), sum, read);
    if (!fits(log, at + 16, sum)) break;
    count += 1;
    at += frameBytes;
  }
  return { count, salts, frameBytes };
}

/** What the index says was committed; 0 when it is not of this generation. */
function committedFrames(index: Buffer, salts: Buffer): number {
  if (index.byteLength < indexHeaderBytes || !index.subarray(32, 40).equals(salts)) return 0;
  return endianness() === "LE" ? index.readUInt32LE(16) : index.readUInt32BE(16);
}

/** Behind the first frame that cannot be read, which may be one that was never whole. */
function hasCommitBehind(log: Buffer, { count, salts, frameBytes }: Reading): boolean {
  let at = headerBytes + (count + 1) * frameBytes;
  for (; at + frameBytes <= log.byteLength; at += frameBytes) {
    const isOfThis = log.subarray(at + 8, at + 16).equals(salts);
    if (isOfThis && log.readUInt32BE(at + 4) > 0) return true;
  }
  return false;
}

type Sum = readonly [number, number];
type ReadWord = (bytes: Buffer, at: number) => number;

const readLittle: ReadWord = (bytes, at) => bytes.readUInt32LE(at);
const readBig: ReadWord = (bytes, at) => bytes.readUInt32BE(at);

const fits = (log: Buffer, at: number, [first, second]: Sum): boolean =>
  log.readUInt32BE(at) === first && log.readUInt32BE(at + 4) === second;

function sumOf(bytes: Buffer, [first, second]: Sum, read: ReadWord): Sum {
  let [one, two] = [first, second];
  for (let at = 0; at < bytes.byteLength; at += 8) {
    one = (one + read(bytes, at) + two) >>> 0;
    two = (two + read(bytes, at + 4) + one) >>> 0;
  }
  return [one, two];
}
