// Bounds of what actors keep, and how they relate. Each names its answer to "and when full?".
import { limits } from "#protocols/limits.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

export const persistenceLimits = {
  /** UTF-16 units of a persistence id. Longer: `invalid`. */
  idLengthMax: 256,
  /** Bytes of one event. Larger: `too_large`, and nothing is stored. */
  eventBytesMax: 1 * MiB,
  /** Bytes of one state. Larger: `too_large`; of a snapshot: it is not taken, which is logged. */
  stateBytesMax: 64 * MiB,
  /** Events, and their bytes, of one append. More: `too_large`; an actor's further events wait. */
  appendEventsMax: 1_024,
  appendBytesMax: 8 * MiB,
  /** Events, and about their bytes, of one page. More: they come with the next page. */
  pageEventsMax: 1_024,
  pageBytesMax: 4 * MiB,
  /** Events of one actor that wait to be appended. Full: `mailbox_full`, nothing is stored. */
  pendingEventsMax: 10_000,
  /** Calls, and their bytes, that wait for one store. Full: `mailbox_full`, nothing is stored. */
  callsMax: 100_000,
  callBytesMax: 256 * MiB,
  /** Calls, and their bytes, of one commit. More: they wait for the next. */
  commitCallsMax: 1_024,
  commitBytesMax: 64 * MiB,
  /** Upcasters of one class. More: `invalid`. */
  schemaVersionMax: 10_000,
  /** Events of a recovery between two lines of its progress in the log. */
  progressEvents: 50_000,
} as const;

const relations: readonly (readonly [boolean, string])[] = [
  [persistenceLimits.eventBytesMax <= persistenceLimits.appendBytesMax, "an event can be appended"],
  [persistenceLimits.appendBytesMax <= persistenceLimits.callBytesMax, "an append fits a queue"],
  [persistenceLimits.stateBytesMax <= persistenceLimits.callBytesMax, "a state fits a queue"],
  [persistenceLimits.stateBytesMax <= limits.payloadBytesMax, "a state could travel"],
  [persistenceLimits.eventBytesMax <= persistenceLimits.pageBytesMax, "an event fits into a page"],
];
for (const [holds, statement] of relations) {
  if (!holds)
    throw new Error(`persistence-limits.ts contradicts itself: it must be that ${statement}`);
}
