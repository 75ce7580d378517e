// Bounds of the cluster's directory, whichever implementation keeps it, and how they relate.
import { limits } from "../limits.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

export const directoryLimits = {
  /** Characters of a key. Longer: `invalid`. */
  keyLengthMax: 255,
  /** Bytes of a value as JSON. Larger: `too_large`, and nothing changes. */
  valueBytesMax: 16 * KiB,
  /** Nesting of a value. Deeper: `invalid`. */
  valueDepthMax: 16,
  /** Entries. Full: a further key fails with `directory_full`. */
  entriesMax: 100_000,
  /** Sessions, those included that wait for their end. Full: `open` fails with `directory_full`. */
  sessionsMax: 1_024,
  /** Node names whose newest incarnation is remembered. Full: the one opened longest ago goes. */
  marksMax: 100_000,
  /** Nodes that wait for changes at the same time. Full: the next one fails with `directory_full`. */
  followersMax: 4_096,
  /** Watches of one node. Full: the next one fails with `directory_full`. */
  watchesMax: 10_000,
  /** Prefixes in one request for changes. More: all changes are sent, and sorted out there. */
  prefixesMax: 64,
  /** Changes kept for those who follow, and about their bytes. Full: the oldest goes; who had not
   *  heard it is told to list anew. */
  changesKeptMax: 10_000,
  changesBytesMax: 8 * MiB,
  /** Entries or changes of one answer, and about their bytes. More: the next answer brings them. */
  answerEntriesMax: 512,
  answerBytesMax: 256 * KiB,
  /** Milliseconds without a renewal after which a session ends. Outside of the bounds: `invalid`. */
  ttlMsMin: 100,
  ttlMsMax: 24 * 3_600_000,
  ttlMsDefault: 3_000,
  /** Milliseconds that a request for changes waits for one, at most. */
  followMsMax: 10_000,
  /** Milliseconds that a call waits for a directory that is away, where nothing else is said. Over:
   *  it fails with `unavailable`. */
  callMsDefault: 5_000,
  /** Milliseconds between two attempts at a directory that is away. */
  retryMsMin: 25,
  retryMsMax: 500,
} as const;

const relations: readonly (readonly [boolean, string])[] = [
  [directoryLimits.valueBytesMax <= directoryLimits.answerBytesMax, "a value fits an answer"],
  [
    directoryLimits.answerBytesMax + directoryLimits.valueBytesMax < limits.frameBytesMax,
    "an answer fits into a frame",
  ],
  [directoryLimits.ttlMsMin < directoryLimits.ttlMsDefault, "the default is within bounds"],
  [directoryLimits.ttlMsDefault < directoryLimits.ttlMsMax, "the default is within bounds"],
  [directoryLimits.retryMsMax < directoryLimits.ttlMsDefault / 3, "a renewal is tried in time"],
];
for (const [holds, statement] of relations) {
  if (!holds)
    throw new Error(`directory-limits.ts contradicts itself: it must hold that ${statement}`);
}
