// The bounds of the control channel and of its endpoint for outsiders. Each names its answer to "and when full?".
import { storeLimits } from "./store-limits.ts";

const KiB = 1024;

export const controlLimits = {
  /** Bytes of one message from outside. Longer: an answer with `too_large`. */
  messageBytesMax: 64 * KiB,
  /** Bytes of one frame from outside. Longer: ZeroMQ ends the connection, unanswered. */
  frameBytesMax: 256 * KiB,
  /** Frames of one message from outside. More: an answer with `invalid`, and it is counted. */
  framesMax: 16,
  /** Bytes of the frames before the body, which come back. More: an answer with `invalid`, and it is counted. */
  envelopeBytesMax: 4 * KiB,
  /** Values of one message from outside. More: an answer with `invalid`. */
  messageValuesMax: 4_096,
  /** Arrays and maps inside of one another. Deeper: an answer with `invalid`. */
  messageDepthMax: 16,
  /** Messages of one connection that wait for their answers. Full: the next gets `rate_limited`. */
  askedPerClientMax: 16,
  /** Messages of all connections that wait for their answers. Full: the next gets `unavailable`. */
  askedMax: 256,
  /** Answers that wait for their clients to read. Full: the answer is dropped, and counted. */
  answersWaitingMax: 1_024,
  /** Bytes of those answers. Full: the answer is dropped, and counted. */
  answersWaitingBytesMax: 32 * 1_024 * KiB,
  /** Keys that the store is asked for at a time. Full: the next message gets `unavailable`. */
  keysAskedMax: 32,
  /** Milliseconds that a key that was refused is refused again unasked. Over: the store is asked. */
  keyRefusedMs: 2_000,
  /** Refused keys that are remembered. Full: the oldest is forgotten. */
  keysRefusedMax: 1_024,
  /** Refusals that have a line in the log within the time below. Over: the next is counted only. */
  refusalsToldMax: 20,
  /** Milliseconds of such a time. Over: the next one begins, with how many had no line. */
  refusalsToldMs: 10_000,
  /** Commands that the channel carries out at a time. Full: the next is refused with `unavailable`. */
  runningMax: 256,
  /** Ends that wait until the store can keep them. Full: the oldest is given up, and ends as `timed_out`. */
  lateEndsMax: 1_024,
  /** Commands of one's own with a handler. Full: the next registration fails with `unavailable`. */
  handlersMax: 64,
  /** Orders that a node remembers so as not to do them twice. Full: the oldest is forgotten. */
  ordersRememberedMax: 1_024,
  /** Times that one order is sent to its node. Then the command has failed with what was last heard. */
  attemptsMax: 3,
  /** Milliseconds that one attempt may take. Over: the next one. */
  attemptMsMax: 3_000,
  /** Milliseconds that whoever carries an order out waits to hear that it is open still. Over: it is not done. */
  acknowledgeMsMax: 3_000,
  /** Milliseconds until a command's deadline, where nothing else is said. Over: `timed_out`. */
  timeoutMsDefault: 10_000,
  /** The longest that a command may be given. Longer: refused with `invalid`. */
  timeoutMsMax: 120_000,
  /** Characters of a response as JSON. Longer: the command has failed with `too_large`. */
  responseLengthMax: 16_384,
  /** Commands of one page of history. More: refused with `invalid`. */
  historyPageMax: Math.min(100, storeLimits.recordPageMax),
  /** Commands left open by a former channel that a new one looks at. The others end at their deadlines. */
  resumedMax: Math.min(256, storeLimits.recordPageMax),
  /** Actors of a node that the metrics tell of. More: those with the most waiting messages. */
  actorsToldMax: 32,
} as const;

const relations: readonly (readonly [boolean, string])[] = [
  [controlLimits.messageBytesMax <= controlLimits.frameBytesMax, "a message fits into a frame"],
  [
    controlLimits.frameBytesMax <= controlLimits.answersWaitingBytesMax,
    "an answer finds room when none waits",
  ],
  [
    controlLimits.askedPerClientMax <= controlLimits.askedMax,
    "one client cannot ask more than all",
  ],
  [controlLimits.timeoutMsDefault <= controlLimits.timeoutMsMax, "the default can be asked for"],
  [controlLimits.resumedMax <= storeLimits.controlsOpenMax, "what is open can be looked at"],
];
for (const [holds, statement] of relations) {
  if (!holds)
    throw new Error(`control-limits.ts contradicts itself: it must hold that ${statement}`);
}
