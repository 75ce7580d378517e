// Runs one task through the queue and outlives the queue's restarts: the task is on disk, so a lost
// answer is only asked for again. A submission may be repeated too, for each has an idempotency key.
//
//   submit ──► receipt ──► outcome ──► ended
//     ▲ lost answer │        ▲ │ lost answer, or the slice of time is over
//     └─────────────┘        └─┘
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import { ownKey } from "#protocols/tasks/idempotency-keys.ts";
import type {
  CancelRequest,
  Queue,
  QueueStatistics,
  SubmitReceipt,
} from "#protocols/tasks/queue.ts";
import type { CancelResult, TaskPage } from "#protocols/tasks/store.ts";
import type { TaskOutcome, TaskSubmission, TaskView } from "#protocols/tasks/task.ts";
import type { TaskQuery } from "#protocols/tasks/task-query.ts";
import type { TraceContext } from "#protocols/trace-context.ts";

export interface QueueClientPorts {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Resolves after `ms`, or when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A key that no other submission has. */
  readonly newKey: () => string;
  /** A cancellation did not reach the queue; the task may be done for nobody. */
  readonly cancelFailed: (taskId: string, failure: Failure) => void;
}

export interface QueueClientTimes {
  /** Until a submission that gets no acknowledgement is given up. */
  readonly submitWithinMs: number;
  /** From the submission until the task's end is not waited for any more. */
  readonly outcomeWithinMs: number;
  /** One question for the outcome; it is asked again when unanswered, in case the queue lost it. */
  readonly outcomeSliceMs: number;
  /** Between two tries. */
  readonly retryMs: number;
}

const standardTimes: QueueClientTimes = {
  submitWithinMs: 10_000,
  outcomeWithinMs: 120_000,
  outcomeSliceMs: 15_000,
  retryMs: 200,
};

export type ClientSubmission = Omit<TaskSubmission, "idempotencyKey"> & {
  /** Without one the task is nobody else's, and is cancelled when nobody waits for it any more. */
  readonly idempotencyKey: string | undefined;
};

/** Who waits for a task. */
export interface Client {
  /** Aborted when it went away. */
  readonly signal: AbortSignal;
  /** The trace that its request belongs to. */
  readonly trace?: TraceContext | undefined;
  /** Milliseconds from its acceptance until the task has ended. A shorter time of its own counts. */
  readonly deadlineMs?: number;
}

/** The answer was lost on its way, or whoever was to give it is coming back. */
const lostAnswers: ReadonlySet<FailureCode> = new Set([
  "timeout",
  "actor_stopped",
  "actor_crashed",
  "node_down",
  "mailbox_full",
  "link_full",
]);

const statisticsWithinMs = 2_000;
const endingWithinMs = 10_000;

const traced = ({ trace }: Client): { readonly trace?: TraceContext } =>
  trace === undefined ? {} : { trace };

/** The earlier one, of what the task says itself and who waits for it. */
function deadlineOf(
  { deadlineMs: own = Number.POSITIVE_INFINITY }: ClientSubmission,
  { deadlineMs: client = Number.POSITIVE_INFINITY }: Client,
): Pick<TaskSubmission, "deadlineMs"> {
  const deadlineMs = Math.min(own, client);
  return Number.isFinite(deadlineMs) ? { deadlineMs } : {};
}

export class QueueClient {
  readonly #ports: QueueClientPorts;
  readonly #times: QueueClientTimes;
  #queue: Ref<Queue> | undefined;
  /** The keys of submissions that met a full queue. */
  readonly #refused = new WeakMap<Failure, string>();

  constructor(ports: QueueClientPorts, times: QueueClientTimes = standardTimes) {
    this.#ports = ports;
    this.#times = times;
  }

  /** `undefined` while there is none; tasks under way wait for the next. */
  use(queue: Ref<Queue> | undefined): void {
    this.#queue = queue;
  }

  async statistics(): Promise<QueueStatistics> {
    return this.#present().$.with({ within: statisticsWithinMs }).statistics();
  }

  /** What each worker holds and offers. */
  async workers(): Promise<QueueStatistics["workers"]> {
    return this.#present().$.with({ within: statisticsWithinMs }).workers();
  }

  /** Resolves with the task's end; rejects when it was not accepted or its end is not known. */
  async run(submission: ClientSubmission, client: Client): Promise<TaskOutcome> {
    const { signal } = client;
    const start = this.#ports.now();
    const { taskId } = await this.submit(submission, client);
    try {
      return await this.#outcome(taskId, start + this.#times.outcomeWithinMs, client);
    } catch (cause) {
      const isShared = submission.idempotencyKey !== undefined;
      if (!isShared) this.#cancel(taskId, signal.aborted ? "client_gone" : "gateway_gave_up");
      throw cause;
    }
  }

  /** Resolves once the store has the task, with what that survives. */
  async submit(submission: ClientSubmission, client: Client): Promise<SubmitReceipt> {
    // Beginnings apart, so that no client's key meets one of ours.
    const idempotencyKey =
      submission.idempotencyKey === undefined
        ? ownKey(this.#ports.newKey())
        : `client:${submission.idempotencyKey}`;
    this.#present();
    const order = { ...submission, ...deadlineOf(submission, client), idempotencyKey };
    const submitted = this.#repeat(
      this.#ports.now() + this.#times.submitWithinMs,
      client.signal,
      (queue, within) => queue.$.with({ within, ...traced(client) }).submit(order),
    );
    return submitted.catch((cause: unknown) => {
      const failure = Failure.of(cause);
      if (failure.code === "queue_full") this.#refused.set(failure, idempotencyKey);
      throw failure;
    });
  }

  /** Until the queue that refused has room, at its pace; null: nobody knows. */
  async msUntilRoom(refusal: Failure): Promise<number | null> {
    // A refusal of many names the first of theirs as its cause.
    const { cause } = refusal;
    const first = cause instanceof Failure ? cause : refusal;
    const idempotencyKey = this.#refused.get(refusal) ?? this.#refused.get(first);
    if (idempotencyKey === undefined) return null;
    const asked = this.#present().$.with({ within: statisticsWithinMs }).refusal(idempotencyKey);
    return (await asked)?.retryAfterMs ?? null;
  }

  list(query: TaskQuery): Promise<TaskPage> {
    return this.#present().list(query);
  }

  cancel(request: CancelRequest): Promise<CancelResult> {
    return this.#present().cancel(request);
  }

  /** Resolves when the task has ended or the time is over; rejects as the queue does. */
  async awaitEnd(taskId: string, withinMs: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#outcome(taskId, this.#ports.now() + withinMs, { signal });
    } catch (cause) {
      if (!lostAnswers.has(Failure.of(cause).code)) throw cause;
    }
  }

  /** The task as it stands; `null` when there is none of that id. */
  view(taskId: string): Promise<TaskView | null> {
    return this.#present().view(taskId);
  }

  /** The end of a task that is known to have ended. */
  ending(taskId: string): Promise<TaskOutcome> {
    return this.#present().$.with({ within: endingWithinMs }).outcome(taskId);
  }

  #outcome(taskId: string, deadline: number, client: Client): Promise<TaskOutcome> {
    const { signal } = client;
    return this.#repeat(deadline, signal, (queue, remaining) => {
      const within = Math.min(remaining, this.#times.outcomeSliceMs);
      return queue.$.with({ within, signal, ...traced(client) }).outcome(taskId);
    });
  }

  async #repeat<R>(
    deadline: number,
    signal: AbortSignal,
    attempt: (queue: Ref<Queue>, withinMs: number) => Promise<R>,
  ): Promise<R> {
    for (;;) {
      const failure = await this.#attempt(deadline, attempt);
      if (!(failure instanceof Failure)) return failure.value;
      if (signal.aborted) throw new Failure("cancelled", "The client went away.", failure);
      const isWorthIt = lostAnswers.has(failure.code) || this.#queue === undefined;
      const isInTime = this.#ports.now() + this.#times.retryMs < deadline;
      if (!isWorthIt || !isInTime) throw failure;
      await this.#ports.wait(this.#times.retryMs, signal);
    }
  }

  async #attempt<R>(
    deadline: number,
    attempt: (queue: Ref<Queue>, withinMs: number) => Promise<R>,
  ): Promise<{ readonly value: R } | Failure> {
    try {
      const withinMs = Math.max(1, deadline - this.#ports.now());
      return { value: await attempt(this.#present(), withinMs) };
    } catch (cause) {
      return Failure.of(cause);
    }
  }

  #present(): Ref<Queue> {
    if (this.#queue !== undefined) return this.#queue;
    throw new Failure(
      "unavailable",
      "The cluster's queue is not there yet, or is being restarted. Come again in a moment.",
    );
  }

  #cancel(taskId: string, reason: string): void {
    this.#queue?.cancel({ taskId, reason }).catch((cause: unknown) => {
      this.#ports.cancelFailed(taskId, Failure.of(cause));
    });
  }
}
