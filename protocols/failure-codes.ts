// The closed table of failure codes: what happened, whether trying again can help, and the HTTP
// status that tells an outsider. Match on the code, never on a text.

export const failureCodes = {
  timeout: { retryable: true, status: 504, meaning: "no answer before the deadline" },
  cancelled: { retryable: false, status: 499, meaning: "the caller withdrew the request" },
  rejected: { retryable: false, status: 409, meaning: "a person who was asked said no" },
  decided: { retryable: false, status: 409, meaning: "too late: it was answered, or it has ended" },
  actor_stopped: { retryable: true, status: 503, meaning: "the actor ended before it answered" },
  actor_crashed: { retryable: true, status: 500, meaning: "the handler threw" },
  node_down: { retryable: true, status: 503, meaning: "the node that held the actor is gone" },
  mailbox_full: { retryable: true, status: 503, meaning: "the receiver's mailbox is at its bound" },
  link_full: { retryable: true, status: 503, meaning: "too much waits for the peer already" },
  ask_cycle: { retryable: false, status: 500, meaning: "the ask would wait for its own asker" },
  stash_full: { retryable: true, status: 503, meaning: "the receiver has put aside its maximum" },
  circuit_open: { retryable: true, status: 503, meaning: "too many calls failed of late" },
  rate_limited: { retryable: true, status: 429, meaning: "more calls than the agreed rate" },
  forbidden: { retryable: false, status: 403, meaning: "who asks may not do that" },
  not_found: { retryable: false, status: 404, meaning: "there is no such thing" },
  gone: { retryable: false, status: 410, meaning: "it was there, and was kept for its time" },
  unknown_message: { retryable: false, status: 400, meaning: "the protocol has no such method" },
  protocol_mismatch: {
    retryable: false,
    status: 500,
    meaning: "two releases differ in a protocol in a way that breaks it",
  },
  invalid: { retryable: false, status: 400, meaning: "the request does not fit its schema" },
  too_large: { retryable: false, status: 413, meaning: "a size limit is exceeded" },
  name_taken: { retryable: false, status: 409, meaning: "another living actor bears the name" },
  conflict: { retryable: false, status: 422, meaning: "the key belongs to another request" },
  queue_full: { retryable: true, status: 429, meaning: "the queue is at its limit" },
  lease_lost: { retryable: false, status: 409, meaning: "a newer lease holds the task" },
  session_lost: { retryable: false, status: 503, meaning: "the node's session has ended" },
  directory_full: { retryable: true, status: 503, meaning: "the directory is at its limit" },
  store_failed: { retryable: true, status: 503, meaning: "the store refused or failed" },
  unknown_outcome: {
    retryable: true,
    status: 503,
    meaning: "the store was lost before it answered; the change may be stored or not",
  },
  corrupt: { retryable: false, status: 500, meaning: "stored data fails its checksum" },
  bad_image: { retryable: false, status: 400, meaning: "the image or mask cannot be used" },
  size_mismatch: { retryable: false, status: 400, meaning: "mask and image differ in size" },
  model_failed: { retryable: true, status: 500, meaning: "the model could not be run" },
  engine_lost: { retryable: true, status: 503, meaning: "the engine process ended" },
  thread_lost: { retryable: true, status: 503, meaning: "the actor's thread ended or stood still" },
  unavailable: { retryable: true, status: 503, meaning: "not ready, or draining" },
  topology_invalid: { retryable: false, status: 400, meaning: "the topology file is wrong" },
  internal: { retryable: false, status: 500, meaning: "a bug: the code contradicts itself" },
} as const satisfies Record<
  string,
  { readonly retryable: boolean; readonly status: number; readonly meaning: string }
>;

export type FailureCode = keyof typeof failureCodes;

export const isFailureCode = (value: unknown): value is FailureCode =>
  typeof value === "string" && Object.hasOwn(failureCodes, value);

/** A failure as plain data: what crosses links and stands in task rows. */
export interface FailureData {
  readonly code: FailureCode;
  readonly detail: string;
}
