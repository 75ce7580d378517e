// Bounds and intervals of one link, and how they relate. Both ends of a link assume them.
import { limits } from "./limits.ts";

export const linkLimits = {
  /** Milliseconds after which a received message is acknowledged at the latest. */
  ackDelayMs: 10,
  /** Messages after which an acknowledgement is sent at once. */
  ackMessages: 1_024,
  /** Bytes after which an acknowledgement is sent at once. */
  ackBytes: 1024 * 1024,
  /** Milliseconds between two requests to send a lost batch again. */
  gapRequestMs: 50,
  /** Milliseconds from one dialling to the next after a connection broke. */
  redialMsMin: 50,
  /** Milliseconds between two pings of an open link, at most. */
  pingMsMax: 500,
  /** Default milliseconds without a link after which the peer is declared down. */
  downAfterMs: 1_500,
  /** A shorter time would declare busy processes down. */
  downAfterMsMin: 150,
  /** Milliseconds between two looks at what is due on a link, at most. */
  tickMsMax: 100,
  /** Milliseconds in which a peer that was given up for its silence is dialled all the same. Over: who
   * was given up learns of it when one of the two has something to say. */
  knocksMsMax: 600_000,
  /** Milliseconds that a farewell waits for its answer. */
  farewellMsMax: 250,
  /** Times the same batch may arrive unreadable. More: the peer is declared down. */
  unreadableMax: 3,
  /** Peers of one node. Full: a greeting from a further name is refused. */
  peersMax: 1_024,
  /** Never seen incarnations of one name remembered as down. Full: the oldest is forgotten. */
  missingMax: 16,
  /** Names of which the highest ended life is remembered. Full: who ended longest ago is forgotten. */
  endedLivesMax: 100_000,
  /** Frames that wait for one connection before the link holds back further batches. */
  framesWaitingMax: 16,
  /** Answers that wait for the listening socket. Full: the newest is dropped, peers ask again. */
  answersWaitingMax: 4_096,
  /** Bytes of a frame that a dialled peer may send back; the largest is a welcome. */
  answerBytesMax: 320 * 1024,
  /** Bytes of what an engine says of itself in a greeting. More: the node does not start. */
  introductionBytesMax: 256 * 1024,
  /** Bytes of a challenge, and of a proof. */
  proofBytesMax: 64,
  /** Messages that a receiver takes beyond those its actors have taken. Full: the sender waits. */
  creditMessages: 32_768,
  /** Bytes of such messages, without what comes in chunks. Full: as `creditMessages`. */
  creditBytes: 64 * 1024 * 1024,
  /** Byte arrays from this size on travel in chunks in the bulk lane. */
  bulkBytesMin: 128 * 1024,
  /** Bytes of one chunk. */
  chunkBytes: 128 * 1024,
  /** Chunks on their way at a time: what a message may have to wait behind. */
  chunksInFlightMax: 4,
  /** Bytes of unfinished transfers on one link. Full: the next message with bulk bytes waits. */
  bulkBytesMax: 128 * 1024 * 1024,
  /** Chunks' bytes after which an acknowledgement is sent at once. */
  bulkAckBytes: 256 * 1024,
  /** Batches that go before a chunk when both could. */
  batchesPerChunk: 4,
  /** UTF-16 units of an actor path and of a method name in an envelope. */
  pathLengthMax: 2_048,
  methodLengthMax: 256,
  /** Bytes of one big integer. */
  bigIntBytesMax: 1_024,
} as const;

const relations: readonly (readonly [boolean, string])[] = [
  [linkLimits.ackMessages < limits.linkMessagesMax, "acknowledgements come before a link is full"],
  [linkLimits.ackBytes < limits.linkBytesMax, "acknowledgements come before a link is full"],
  [linkLimits.introductionBytesMax < linkLimits.answerBytesMax, "a welcome fits into an answer"],
  [linkLimits.ackMessages * 4 <= linkLimits.creditMessages, "credit is renewed before it is used"],
  [limits.frameBytesMax * 4 <= linkLimits.creditBytes, "credit is renewed before it is used"],
  [
    linkLimits.bulkBytesMin * limits.payloadsPerBatchMax < linkLimits.creditBytes,
    "a batch fits into the credit",
  ],
  [limits.messagePayloadBytesMax <= linkLimits.bulkBytesMax, "a message fits into the bulk lane"],
  [linkLimits.bulkBytesMax <= limits.linkBytesMax, "the bulk lane fits into the link"],
  [
    linkLimits.bulkAckBytes * 2 <= linkLimits.chunkBytes * linkLimits.chunksInFlightMax,
    "chunks are acknowledged before the next have to wait",
  ],
  [linkLimits.downAfterMsMin < linkLimits.downAfterMs, "the default is within bounds"],
  [linkLimits.ackDelayMs < linkLimits.gapRequestMs, "a gap is not reported on every message"],
];
for (const [holds, statement] of relations) {
  if (!holds) throw new Error(`link-limits.ts contradicts itself: it must hold that ${statement}`);
}
