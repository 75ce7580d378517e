// What the QueueManager does for those who submit tasks: takes them in, tells how they stand and how
// they ended, cancels them. It knows who waits, in which trace each was submitted, and how many end.
import type { Ref } from "#protocols/actor-ref.ts";
import { limits } from "#protocols/limits.ts";
import { type Ack, ack } from "#protocols/protocol.ts";
import type {
  CancelRequest,
  QueueChange,
  QueueStatistics,
  SubmitReceipt,
} from "#protocols/tasks/queue.ts";
import type { CancelResult, SubmitResult } from "#protocols/tasks/store.ts";
import type { TaskOutcome, TaskSubmission, TaskView } from "#protocols/tasks/task.ts";
import type { TraceContext } from "#protocols/trace-context.ts";
import { checkBegin } from "./decisions/begin-check.ts";
import { FreshTasks } from "./fresh-tasks.ts";
import { OutcomeWaiters } from "./outcome-waiters.ts";
import type { WorkerAsked } from "./queue-desk.ts";
import type { QueueIntake } from "./queue-intake.ts";
import type { QueueRulebook } from "./queue-rulebook.ts";
import type { QueueWatch } from "./queue-watch.ts";
import { receiptOf } from "./receipt.ts";
import type { StoreDoor } from "./store-door.ts";
import { standingOf } from "./store-standing.ts";
import type { SweepAlarm } from "./sweep-alarm.ts";
import { TaskTraces } from "./task-traces.ts";
import { Throughput } from "./throughput.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface ClientDeskParts {
  readonly store: StoreDoor;
  readonly pool: WorkerPool;
  readonly intake: QueueIntake;
  readonly rules: QueueRulebook;
  readonly watch: QueueWatch;
  readonly sweeps: Pick<SweepAlarm, "submitted">;
  /** Something may be pending that was not before. */
  readonly arrived: () => void;
  /** Whether the worker of that node gets tasks. */
  readonly isOpen: (node: string) => boolean;
}

export interface Caller {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  readonly trace: TraceContext | undefined;
  /** Milliseconds until it has to be answered. */
  readonly remaining: number;
  /** By a clock that never goes back. */
  readonly nowMs: number;
  /** Milliseconds since 1970 UTC. */
  readonly wallMs: number;
}

/** Of an ask's time, so that its answer arrives: sweeps look once a second who has to be answered. */
const answerMarginMs = 1_500;

export class ClientDesk {
  readonly #parts: ClientDeskParts;
  readonly #waiters = new OutcomeWaiters();
  readonly #traces = new TaskTraces(limits.queuePendingMax);
  readonly #fresh = new FreshTasks(limits.queuePendingMax);
  readonly #completions = new Throughput(10);

  constructor(parts: ClientDeskParts) {
    this.#parts = parts;
  }

  async submit(
    submission: TaskSubmission,
    { signal, trace, remaining, nowMs, wallMs }: Caller,
  ): Promise<SubmitReceipt> {
    checkBegin(submission, wallMs);
    const { store, pool, intake, sweeps, arrived, isOpen } = this.#parts;
    const workers = {
      slotsFor: (queue: string, asked: WorkerAsked): number => {
        const { model, requiredSkills = [], skillLevel = 0, machine = {} } = asked;
        return pool.slotsFor({ queue, model, requiredSkills, skillLevel, machine }, isOpen);
      },
      isBatching: (): boolean => pool.isBatching,
    };
    const stored = (answer: SubmitResult): void => {
      this.#traces.submitted(answer, trace);
      if (answer.kind === "created") sweeps.submitted(submission);
      this.#fresh.submitted(answer, store.ref);
    };
    const untilMs = nowMs + remaining - answerMarginMs;
    const caller = { signal, untilMs, nowMs, stored };
    const submitted = (): void => {
      pool.belief.came(1);
      pool.wishes.submitted(submission, wallMs);
      arrived();
    };
    const terms = { ...caller, store, workers, arrived: submitted };
    const result = await intake.submit(submission, terms);
    if (result.kind === "created" && result.evicted !== null) this.tell(result.evicted);
    return receiptOf(result);
  }

  async outcome(taskId: string, { signal }: Pick<Caller, "signal">): Promise<TaskOutcome> {
    const { store } = this.#parts;
    if (this.#fresh.has(taskId, store.ref)) return this.#waiters.wait(taskId, signal);
    return store.ask((open) => this.#waiters.waitFor(taskId, open, signal));
  }

  async view(taskId: string): Promise<TaskView | null> {
    return this.#parts.store.ask((store) => store.view(taskId));
  }

  /** Whoever runs it is asked to give it up. */
  async cancel(request: CancelRequest): Promise<CancelResult> {
    const { store, pool } = this.#parts;
    const { taskId } = request;
    const result = await store.ask((open) => open.cancel(request));
    if (result.kind === "cancelled") this.tell(taskId);
    if (result.kind === "requested") pool.holderOf(taskId)?.ref.cancel(request);
    return result;
  }

  checkConfig(change: QueueChange): Promise<Ack> {
    return this.#parts.store.ask((store) => this.#parts.intake.check(change, store));
  }

  /** Whoever was held back by its rules, or had nothing, is asked again. */
  async reconfigure(queue: string): Promise<Ack> {
    const { arrived, intake, pool, store } = this.#parts;
    pool.waiting(await store.ask((open) => intake.reconfigure(queue, open)));
    arrived();
    return ack;
  }

  async statistics(nowMs: number): Promise<QueueStatistics> {
    const { store, pool, intake, rules, watch } = this.#parts;
    const waits = { waiters: this.#waiters.count, blocked: intake.figures.blocked.count };
    const completedPerSecond = this.#completions.perSecond(nowMs);
    const own = { workers: pool.loads, ...waits, completedPerSecond };
    const standing = await store.ask(standingOf);
    const queues = standing.queues.map((view) => rules.standingOf(view));
    const kinds = await store.ask((open) => open.waitingKinds());
    const unrunnable = watch.kindsSeen(kinds, pool.all, nowMs);
    return { ...standing, ...own, queues, unrunnable };
  }

  /** The worker's ref as one that speaks of that task. */
  bound<P>(ref: Ref<P>, taskId: string): Ref<P> {
    return this.#traces.bind(ref, taskId);
  }

  completed(outcome: TaskOutcome, nowMs: number): void {
    this.#traces.forget(outcome.taskId);
    this.#fresh.forget(outcome.taskId);
    this.#completions.note(nowMs);
    this.#waiters.settle(outcome.taskId, outcome);
  }

  /** They ended without a result. */
  over(taskIds: readonly string[]): void {
    this.#traces.forget(...taskIds);
    for (const taskId of taskIds) this.tell(taskId);
  }

  /** Tells those who wait for a task, if it has ended. */
  tell(taskId: string): void {
    this.#fresh.forget(taskId);
    const { ref: store } = this.#parts.store;
    if (store) this.#waiters.askFor(taskId, store);
  }

  /** Asks after some that are waited for: ends that nobody told of are found so. */
  askAgain(): void {
    this.#fresh.swept();
    for (const taskId of this.#waiters.someTasks(askedAgainMax)) this.tell(taskId);
  }
}

/** Tasks that are asked after at a time. */
const askedAgainMax = 50;
