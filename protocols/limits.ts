// The hard limits of the engine, the wire and the gateway, with their units, and the assertions that relate
// them; those of links, stores, queues and the control channel stand in `link-limits.ts` and its like.
// Each bound names its answer to "and when full?".

const KiB = 1024;
const MiB = 1024 * KiB;

export const limits = {
  /** Messages in one mailbox. Full: an ask fails with `mailbox_full`, a tell becomes a dead letter. */
  mailboxMessagesMax: 10_000,
  /** Asks of one node that wait for a reply. Full: the new ask fails with `mailbox_full`. */
  asksPendingMax: 100_000,
  /** Nodes that a registry knows. Full: the one that is offline longest is forgotten, if any. */
  nodesKnownMax: 1_024,
  /** Milliseconds that a node may be offline. Over: it is removed, and registers anew when it comes back. */
  nodeRemoveAfterMs: 86_400_000,
  nodeRemoveAfterMsMin: 5_000,
  nodeRemoveAfterMsMax: 31_536_000_000,
  /** Actors of one node that were spawned from elsewhere. Full: the next one fails with `unavailable`. */
  placedActorsMax: 100_000,
  /** Events for other nodes, held until it is known who listens there. Full: the oldest is dropped. */
  topicEventsHeldMax: 1_000,
  /** Lookups that wait for a name. Full: the next one fails with `mailbox_full`. */
  namesAwaitedMax: 10_000,
  /** Messages that one actor puts aside. Full: the message is refused with `stash_full`. */
  stashMessagesMax: 1_000,
  /** Readonly handlers of one actor in progress at a time. Full: the next one waits. */
  readonlyCallsMax: 128,
  /** Promises that one actor has piped to itself. Full: `pipe` fails with `mailbox_full`. */
  pipesPendingMax: 10_000,
  /** Timers that one actor has set. Full: `after` and `every` fail with `mailbox_full`. */
  timersSetMax: 100_000,
  /** Callers of `ref.$.room()` that wait for one mailbox. Full: it fails with `mailbox_full`. */
  roomAwaitedMax: 100_000,
  /** Actors above one another, from the root to the youngest. More: `spawn` fails with `invalid`. */
  generationsMax: 256,
  /** Messages that an actor has sent itself and not handled. Full: `send` fails with `mailbox_full`. */
  ownMessagesMax: 100_000,
  /** Listeners of one node's event bus. Full: `subscribe` fails with `mailbox_full`. */
  listenersMax: 10_000,
  /** Asks of one node that were cancelled before they came. Full: the oldest is handled in vain. */
  earlyCancelsMax: 10_000,
  /** Protocols remembered by name that this node does not speak. Full: the oldest is forgotten. */
  strangersMax: 1_000,
  /** Links and actors of other nodes that senders pause for. Full: nobody pauses for a further one. */
  remoteGatesMax: 100_000,
  /** Milliseconds that senders pause for another node. Over: they go on, up to the link's bound. */
  remotePauseMsMax: 10_000,
  /** Handlers named in an ask between nodes. More: the outermost are left out. */
  askChainMax: 16,
  /** Characters of a keyed actor's key. Longer: `invalid`. */
  keyedKeyLengthMax: 128,
  /** Shards of one kind of keyed actors. More: `invalid`. */
  keyedShardsMax: 4_096,
  /** Living keyed actors of one kind on a node. Full: the one that was used least recently and is at
   *  rest is passivated; while none is at rest, messages for further ones are held. */
  keyedLivingMax: 100_000,
  /** Messages for one shard that a node holds. Full: the message is refused with `stash_full`. */
  keyedHeldMax: 1_000,
  /** Milliseconds that a message for a keyed actor is held. Over: it fails with `unavailable`. */
  keyedHeldMsMax: 10_000,
  /** Shards of one kind that a node hands over at the same time. Full: the next one waits. */
  keyedMovesMax: 8,
  /** Milliseconds until a shard that is handed over has heard its senders and is drained. Over: what
   *  comes later is refused with `unavailable`, and what its actors still do is broken off. */
  keyedHandoverMsMax: 10_000,
  /** Messages of one actor handled in a row before the next actor's turn. */
  turnMessagesMax: 128,
  /** Milliseconds of handlers before the dispatcher yields to IO and timers. */
  turnMs: 5,
  /** Milliseconds that `start` may take where nothing else is said. Over: the actor has failed. */
  startMsDefault: 60_000,
  /** Milliseconds for a handler in progress when its actor ends, then for `stopped`, where nothing
   *  else is said. Over: it is left behind, and the actor ends without it. */
  stopMsDefault: 5_000,
  /** Dead letters kept for inspection. Full: the oldest goes; all are counted. */
  deadLettersKeptMax: 100,
  /** Dead letters written to the log one by one in a second. More: only their number. */
  deadLettersLoggedMax: 10,

  /** Bytes of one batch's structured part. Larger: refused at the sender with `too_large`. */
  frameBytesMax: 1 * MiB,
  /** Batches are closed at this size. */
  batchBytesTarget: 64 * KiB,
  /** Bytes of one binary payload. Larger: refused at the sender with `too_large`. */
  payloadBytesMax: 64 * MiB,
  /** Bytes of all binary payloads of one message. Larger: refused at the sender with `too_large`. */
  messagePayloadBytesMax: 128 * MiB,
  /** Binary payloads in one batch. */
  payloadsPerBatchMax: 64,
  /** Binary values from this size on travel as frames of their own, uncopied. */
  payloadBytesMin: 4 * KiB,
  /** Nesting of a decoded message. Deeper: the batch is refused and counted. */
  decodeDepthMax: 32,
  /** Values in one decoded batch. More: the batch is refused and counted. */
  decodeValuesMax: 200_000,
  /** Bytes sent to one peer and not yet acknowledged. Full: further messages fail with `link_full`. */
  linkBytesMax: 256 * MiB,
  /** Notices, answers and watches that wait for room on a link. Full: they are lost, and counted. */
  owedPerNodeMax: 100_000,
  /** Messages sent to one peer and not yet acknowledged. Full: as `linkBytesMax`. */
  linkMessagesMax: 100_000,
  /** The same of its control lane. Full: the engine keeps them (`owedPerNodeMax`). */
  linkControlsMax: 100_000,

  /** Items posted to a thread, or by it, and not received yet. Full: `link_full`, as on a link. */
  threadMessagesMax: 100_000,
  /** Messages that a threaded actor has been handed and not begun, where nothing else is said. Full:
   *  the others wait in its mailbox, which has the bound and the policy. */
  threadWindowDefault: 256,
  /** Milliseconds that a thread may keep from its event loop, where nothing else is said. Over: it is
   *  ended, and its actor has failed with `thread_lost`. */
  threadBlockedMsDefault: 10_000,

  /** Bytes of one HTTP request. Larger: 413. */
  httpBodyBytesMax: 48 * MiB,
  /** Bytes of request bodies that one gateway holds at a time. Full: 503 with a time to retry after. */
  httpBufferedBytesMax: 512 * MiB,
  /** Requests that one gateway answers at a time. Full: as `httpBufferedBytesMax`. */
  httpRequestsMax: 4096,
  /** Parts of one form. More: the form is refused. */
  formPartsMax: 128,
  /** Tasks of one batch over HTTP, each perhaps with two files of its own. More: 400. */
  batchItemsMax: 60,
  /** Bytes of the headers of one part of a form. More: the form is refused. */
  formPartHeaderBytesMax: 8 * KiB,
  /** Bytes of all files of the page, which stay in memory. More: the gateway does not start. */
  pageBytesMax: 16 * MiB,
  /** Pixels of a decoded image. Larger: `bad_image`, as soon as a task with it is submitted. */
  imagePixelsMax: 50_000_000,
  /** Bytes of one image or mask as a file. Larger: `too_large`. */
  imageBytesMax: 32 * MiB,

  /** Tasks that wait in one queue. Full: `queue_full` with a time to retry after. */
  queuePendingMax: 10_000,
  /** Bytes of inputs that wait in one queue. Full: as `queuePendingMax`. */
  queuePendingBytesMax: 1024 * MiB,
  /** Tasks that one worker holds at the same time; its engine holds as many requests. */
  workerSlotsMax: 32,
  /** Items of one store transaction, and things that one sweep does. The others follow in the next. */
  storeBatchItemsMax: 512,
} as const;

const relations: readonly (readonly [boolean, string])[] = [
  [limits.batchBytesTarget <= limits.frameBytesMax, "a closed batch fits into a frame"],
  [limits.imageBytesMax <= limits.payloadBytesMax, "an image fits into a payload"],
  [limits.httpBodyBytesMax <= limits.httpBufferedBytesMax, "a gateway holds the largest request"],
  [2 * limits.batchItemsMax < limits.formPartsMax, "a form holds the largest batch and its order"],
  [limits.httpBodyBytesMax <= limits.linkBytesMax, "a request fits into a link's window"],
  [limits.payloadBytesMax <= limits.messagePayloadBytesMax, "a payload fits into a message"],
  [limits.messagePayloadBytesMax < limits.linkBytesMax, "a message fits into a link's window"],
  [limits.payloadBytesMax < limits.linkBytesMax, "a payload fits into a link's window"],
];
for (const [holds, statement] of relations) {
  if (!holds) throw new Error(`limits.ts contradicts itself: it must hold that ${statement}`);
}
