// The bounds of clients of a cluster: of calls, followers and handlers. Each names its answer to "and when full?".
// A node client has followers and handlers among its metrics (`client_followers`, `client_handlers`), which
// GET_NODE_METRICS shows. A plain client has none to show: there whoever calls is told by the failure.
import { controlLimits } from "./control-limits.ts";
import { storeLimits } from "./store-limits.ts";

export const clientLimits = {
  /** Milliseconds for joining a cluster. Over: `unavailable`, with what was seen at the director's address. */
  joinMsDefault: 10_000,
  /** Milliseconds for one call, finding whom to ask included. Over: `timeout` or `unavailable`. */
  callMsDefault: 5_000,
  callMsMax: 120_000,
  /** Milliseconds that a name is waited for: whoever bears it may just be starting anew. */
  lookUpMsMax: 2_000,
  /** The same for the StateManager, without which there is another way. */
  stateLookUpMsMax: 300,
  /** Followers of one client. Full: a further one is refused with `unavailable`. */
  followersMax: 256,
  /** Events that are read for a follower at a time; no more of them are ever held for it. */
  followPageMax: 200,
  /** Milliseconds between two looks of a follower, when all is well. */
  followEveryMs: 200,
  /** Milliseconds between two looks of a follower that meets failures: from, to. */
  followRetryMsMin: 200,
  followRetryMsMax: 2_000,
  /** Milliseconds between two tries of a submission that fails for a time: from, to. Its call's time ends them. */
  submitRetryMsMin: 100,
  submitRetryMsMax: 1_000,
  /** Times that a description is read again since somebody else had changed it. Then: `conflict`. */
  describeAttemptsMax: 5,
  /** Handlers of one node client. Full: a further one is refused with `unavailable`. */
  handlersMax: controlLimits.handlersMax,
  /** Milliseconds that an observer of a command may take. Over: logged as `timeout`; it is told of the next. */
  observerMsMax: 30_000,
  /** Queues whose cancelled tasks one node client may observe. More: `invalid`. */
  observedQueuesMax: 64,
} as const;

const relations: readonly (readonly [boolean, string])[] = [
  [clientLimits.callMsDefault <= clientLimits.callMsMax, "the default can be asked for"],
  [clientLimits.lookUpMsMax < clientLimits.callMsDefault, "a call has time left to be answered"],
  [clientLimits.followPageMax <= storeLimits.storePageMax, "the store gives such a page"],
  [clientLimits.submitRetryMsMin <= clientLimits.submitRetryMsMax, "tries come ever later"],
  [clientLimits.followRetryMsMin <= clientLimits.followRetryMsMax, "pauses grow"],
];
for (const [holds, statement] of relations) {
  if (!holds)
    throw new Error(`client-limits.ts contradicts itself: it must hold that ${statement}`);
}
