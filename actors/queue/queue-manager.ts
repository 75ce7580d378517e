// The QueueManager: takes tasks in, hands them to workers with free slots, and tells those who wait
// how they ended. It keeps nothing that must survive: tasks and leases stand in the store, workers
// offer themselves again.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { limits } from "#protocols/limits.ts";
import { type Ack, ack, type Deferred, type Handlers } from "#protocols/protocol.ts";
import {
  type CancelRequest,
  type CompletionReport,
  type FailureReport,
  Queue,
  type QueueStatistics,
  type SubmitReceipt,
  type WorkerHeartbeat,
  type WorkerHeartbeatAnswer,
  type WorkerOffer,
} from "#protocols/tasks/queue.ts";
import {
  type CancelResult,
  type CommitResult,
  type FailResult,
  type ReleaseReport,
  type SweepReport,
  TaskStore,
} from "#protocols/tasks/store.ts";
import type { TaskOutcome, TaskSubmission, TaskView } from "#protocols/tasks/task.ts";
import { Actor } from "#runtime/core/actor.ts";
import { levelOf } from "#runtime/core/exit-level.ts";
import { reply } from "#runtime/core/reply.ts";
import { type AttemptResult, type ToldEnd, whenStored } from "./attempt-end.ts";
import { type Claimed, claimFor, leaseMs } from "./claim.ts";
import { outcomeOf } from "./outcome.ts";
import { OutcomeWaiters } from "./outcome-waiters.ts";
import type { Finished, Own } from "./own-messages.ts";
import { receiptOf } from "./receipt.ts";
import { standingOf } from "./store-standing.ts";
import { SweepTimes } from "./sweep-times.ts";
import { TaskTraces } from "./task-traces.ts";
import { Throughput } from "./throughput.ts";
import { type Ending, WorkerPool } from "./worker-pool.ts";

const sweepEveryMs = 1_000;
const sweepItemsMax = 500;
/** Tasks that are waited for and asked about again after a sweep. */
const askedAgainMax = 50;
/** Milliseconds between attempts to find the store. */
const retryMs = 500;

export class QueueManager extends Actor<Queue, undefined, Own> implements Handlers<Queue & Own> {
  static readonly protocol = Queue;

  readonly #pool = new WorkerPool();
  readonly #waiters = new OutcomeWaiters();
  readonly #traces = new TaskTraces(limits.queuePendingMax);
  readonly #sweeps = new SweepTimes(sweepEveryMs);
  readonly #completions = new Throughput(10);
  #store: Ref<TaskStore> | undefined;

  override async start(): Promise<void> {
    this.ctx.every(sweepEveryMs, "sweep");
    this.connected(await this.ctx.lookup(TaskStore, "store"));
    await this.ctx.register("queue");
  }

  // ---- for those who submit

  submit(submission: TaskSubmission): Deferred<SubmitReceipt> {
    const { ctx } = this;
    const { trace } = ctx;
    const submitted = this.#storeOrRefuse().submit(submission);
    ctx.send("arrived"); // Claims follow the submission right away, into the same commit.
    return ctx.defer(
      submitted.then((result) => {
        this.#traces.submitted(result, trace);
        const evicted = result.kind === "created" ? result.evicted : null;
        if (evicted !== null) ctx.send("ended", evicted);
        return receiptOf(result);
      }),
    );
  }

  outcome(taskId: string): Deferred<TaskOutcome> {
    const { signal } = this.ctx;
    return this.ctx.defer(this.#waiters.waitFor(taskId, this.#storeOrRefuse(), signal));
  }

  view(taskId: string): Deferred<TaskView | null> {
    return this.ctx.defer(this.#storeOrRefuse().view(taskId));
  }

  cancel(request: CancelRequest): Deferred<CancelResult> {
    const { taskId } = request;
    const cancelled = this.#storeOrRefuse().cancel(request);
    return this.ctx.defer(
      cancelled.then((result) => {
        if (result.kind === "cancelled") this.ctx.send("ended", taskId);
        if (result.kind === "requested") this.#pool.holderOf(taskId)?.ref.cancel(request);
        return result;
      }),
    );
  }

  statistics(): Deferred<QueueStatistics> {
    const completedPerSecond = this.#completions.perSecond(this.ctx.now());
    const own = { workers: this.#pool.loads, waiters: this.#waiters.count, completedPerSecond };
    const asked = standingOf(this.#storeOrRefuse());
    return this.ctx.defer(asked.then((standing) => ({ ...standing, ...own })));
  }

  // ---- for workers

  /** The store first ends the leases that the worker does not hold; only then is it given work. */
  offer(offer: WorkerOffer): Deferred<Ack> {
    const { node, holds: except } = offer;
    const freed = this.#storeOrRefuse().releaseNode({ node, except });
    return this.ctx.defer(
      freed.then((report) => {
        this.ctx.send("offered", offer);
        this.ctx.send("freed", report);
        return ack;
      }),
    );
  }

  offered(offer: WorkerOffer): void {
    const former = this.#pool.offer(offer, this.ctx.now());
    const { worker, node, slots, models, holds } = offer;
    if (former && former.ref.$.toString() !== worker.$.toString()) this.ctx.unwatch(former.ref);
    this.ctx.watch(worker);
    const text = `worker ${node} offers ${slots} slots`;
    this.ctx.log("info", text, { models, holds: holds.length });
    this.arrived();
  }

  heartbeat({ node, leases }: WorkerHeartbeat): Deferred<WorkerHeartbeatAnswer> {
    this.#pool.reported(node, leases, this.ctx.now());
    this.#assign();
    const isKnown = this.#pool.get(node) !== undefined;
    const heard =
      leases.length === 0
        ? Promise.resolve({ lost: [], cancel: [] })
        : this.#storeOrRefuse().heartbeat({ node, leases, leaseMs });
    return this.ctx.defer(heard.then((answer) => ({ ...answer, isKnown })));
  }

  complete({ node, lease, result }: CompletionReport): Deferred<CommitResult> {
    const stored = this.#storeOrRefuse().complete({ lease, result });
    const outcomeIn = (commit: CommitResult) => outcomeOf(lease, commit, result);
    return this.#end({ end: { node, lease }, stored, outcomeIn });
  }

  fail({ node, lease, failure }: FailureReport): Deferred<FailResult> {
    const stored = this.#storeOrRefuse().fail({ lease, failure });
    const outcomeIn = (result: FailResult) => {
      if (result.kind === "retried") this.#sweepAt(result.runAt);
      return undefined;
    };
    return this.#end({ end: { node, lease }, stored, outcomeIn });
  }

  // ---- its own messages

  connect(): void {
    this.ctx.pipe(this.ctx.lookup(TaskStore, "store"), "connected", "notConnected");
  }

  connected(store: Ref<TaskStore>): void {
    this.#store = store;
    this.ctx.watch(store);
    this.sweep();
    this.arrived();
  }

  notConnected(failure: FailureData): void {
    this.ctx.log("warn", `no store: ${failure.detail}`, { code: failure.code });
    this.ctx.after(retryMs, "connect");
  }

  arrived(): void {
    this.#pool.noteArrival();
    this.#assign();
  }

  claimed({ worker, terms, leases, failure }: Claimed): void {
    this.#pool.claimed(worker, leases, terms, this.ctx.now());
    if (failure) {
      this.troubled(failure);
      this.ctx.after(retryMs, "arrived");
    }
    if (this.#pool.get(worker.node) !== worker) {
      this.#release(worker.node);
      return;
    }
    for (const lease of leases) this.#traces.bind(worker.ref, lease.taskId).run(lease);
    this.#assign();
  }

  finished({ node, lease, outcome }: Finished): void {
    this.#pool.finished(node, lease);
    if (outcome) {
      this.#traces.forget(lease.taskId);
      this.#completions.note(this.ctx.now());
      this.#waiters.settle(lease.taskId, outcome);
    } else {
      this.ended(lease.taskId);
    }
    this.#assign();
  }

  /** The claim of its slot goes to the store right behind the end, and so into the same commit. */
  ending(end: Ending): void {
    this.#pool.ending(end);
    this.#assign();
  }

  notEnded(end: Ending): void {
    this.#pool.notEnded(end);
  }

  /** Tells those who wait for a task, if it has ended. */
  ended(taskId: string): void {
    if (!this.#store || !this.#waiters.has(taskId)) return;
    this.#store.outcome(taskId).then(
      (outcome) => outcome && this.#waiters.settle(taskId, outcome),
      (error: unknown) => this.#waiters.fail(taskId, Failure.of(error)),
    );
  }

  sweep(): void {
    this.#sweeps.begun(this.ctx.now());
    if (!this.#store) return;
    this.ctx.pipe(this.#store.sweep(sweepItemsMax), "swept", "troubled");
  }

  swept(report: SweepReport): void {
    this.freed(report);
    if (report.due > 0) this.arrived();
    for (const taskId of this.#waiters.someTasks(askedAgainMax)) this.ended(taskId);
    if (report.nextAt !== null) this.#sweepAt(report.nextAt);
  }

  freed({ released, ended }: ReleaseReport): void {
    this.#traces.forget(...ended);
    for (const taskId of ended) this.ended(taskId);
    if (released > 0) this.arrived();
  }

  troubled(failure: FailureData): void {
    this.ctx.log("warn", `the store has trouble: ${failure.detail}`, { code: failure.code });
  }

  override terminated(ref: AnyRef, exit: Exit): void {
    const { uid, node } = ref.$.address;
    if (this.#store?.$.address.uid === uid && this.ctx.node.name === node.name) {
      this.#store = undefined;
      this.connect();
      return;
    }
    const worker = this.#pool.remove(uid, node.incarnation);
    if (!worker) return;
    const gone = `worker ${worker.node} is gone`;
    this.ctx.log(levelOf(exit), `${gone}; its ${worker.held.size} tasks go on elsewhere`);
    this.#release(worker.node);
  }

  // ---- helpers

  #assign(): void {
    if (!this.#store) return;
    for (const worker of this.#pool.idle()) {
      const claim = claimFor(this.#store, worker, this.#pool.claiming(worker));
      this.ctx.pipe(claim, "claimed");
    }
  }

  /** Gives a worker's tasks back, except those it holds if it is there again by now. */
  #release(node: string): void {
    const except = this.#pool.leasesOf(node);
    const released = this.#storeOrRefuse().releaseNode({ node, except });
    this.ctx.pipe(released, "freed", "troubled");
  }

  #sweepAt(at: number): void {
    const delayMs = this.#sweeps.want(at - this.ctx.wall(), this.ctx.now());
    if (delayMs !== undefined) this.ctx.after(delayMs, "sweep");
  }

  #storeOrRefuse(): Ref<TaskStore> {
    if (this.#store) return this.#store;
    throw reply(new Failure("unavailable", "the queue has no store just now; try again soon"));
  }

  #end<R extends AttemptResult>(told: ToldEnd<R>): Deferred<R> {
    this.ctx.send("ending", told.end);
    return this.ctx.defer(whenStored(this.ctx, told));
  }
}
