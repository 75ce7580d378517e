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
  type CancelResult,
  type CompletionReport,
  type FailureReport,
  Queue,
  type QueueStatistics,
  type RenewAnswer,
  type RenewRequest,
  type SubmitReceipt,
  type WorkerOffer,
} from "#protocols/tasks/queue.ts";
import {
  type CommitResult,
  type FailResult,
  type SweepReport,
  TaskStore,
} from "#protocols/tasks/store.ts";
import type { LeaseRef, TaskOutcome, TaskSubmission, TaskView } from "#protocols/tasks/task.ts";
import { Actor } from "#runtime/core/actor.ts";
import { levelOf } from "#runtime/core/exit-level.ts";
import { reply } from "#runtime/core/reply.ts";
import { type Claimed, claimFor, leaseMs } from "./claim.ts";
import { outcomeOf } from "./outcome.ts";
import { OutcomeWaiters } from "./outcome-waiters.ts";
import type { Finished, Own } from "./own-messages.ts";
import { receiptOf } from "./receipt.ts";
import { TaskTraces } from "./task-traces.ts";
import { Throughput } from "./throughput.ts";
import { WorkerPool } from "./worker-pool.ts";

const sweepEveryMs = 1_000;
const sweepItemsMax = 500;
/** Milliseconds between attempts to find the store. */
const retryMs = 500;

export class QueueManager extends Actor<Queue, undefined, Own> implements Handlers<Queue & Own> {
  static readonly protocol = Queue;

  readonly #pool = new WorkerPool();
  readonly #waiters = new OutcomeWaiters();
  readonly #traces = new TaskTraces(limits.queuePendingMax);
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
    return ctx.defer(
      this.#storeOrRefuse()
        .submit(submission)
        .then((result) => {
          this.#traces.submitted(result, trace);
          if (result.kind === "created") ctx.send("arrived");
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
    const cancelled = this.#storeOrRefuse().cancel(request);
    cancelled.then(
      (result) => result === "cancelled" && this.ctx.send("ended", request.taskId),
      () => {},
    );
    return this.ctx.defer(cancelled);
  }

  statistics(): Deferred<QueueStatistics> {
    const workers = this.#pool.all.map(({ node, slots, held, models }) => ({
      node,
      slots,
      running: held.size,
      models,
    }));
    const waiters = this.#waiters.count;
    const completedPerSecond = this.#completions.perSecond(this.ctx.now());
    return this.ctx.defer(
      this.#storeOrRefuse()
        .counts()
        .then((counts) => ({ ...counts, workers, waiters, completedPerSecond })),
    );
  }

  // ---- for workers

  /** The store first ends the leases that the worker does not hold; only then is it given work. */
  offer(offer: WorkerOffer): Deferred<Ack> {
    const { ctx } = this;
    return ctx.defer(
      this.#storeOrRefuse()
        .release({ node: offer.node, except: offer.holds })
        .then((report) => {
          ctx.send("offered", offer);
          ctx.send("swept", { ...report, due: 0, nextAt: null });
          return ack;
        }),
    );
  }

  offered(offer: WorkerOffer): void {
    const former = this.#pool.offer(offer, this.ctx.now());
    if (former && former.ref.$.toString() !== offer.worker.$.toString()) {
      this.ctx.unwatch(former.ref);
    }
    this.ctx.watch(offer.worker);
    this.ctx.log("info", `worker ${offer.node} offers ${offer.slots} slots`, {
      models: offer.models,
      holds: offer.holds.length,
    });
    this.arrived();
  }

  renew({ node, leases }: RenewRequest): Deferred<RenewAnswer> {
    this.#pool.reported(node, leases, this.ctx.now());
    this.#assign();
    const isKnown = this.#pool.get(node) !== undefined;
    const renewed =
      leases.length === 0
        ? Promise.resolve({ lost: [] })
        : this.#storeOrRefuse().renew({ node, leases, leaseMs });
    return this.ctx.defer(renewed.then(({ lost }) => ({ lost, isKnown })));
  }

  complete({ node, lease, result }: CompletionReport): Deferred<CommitResult> {
    return this.ctx.defer(
      this.#storeOrRefuse()
        .complete({ lease, result })
        .then((commit) => {
          this.ctx.send("finished", { node, lease, outcome: outcomeOf(lease, commit, result) });
          if (commit.kind === "lost") this.#logLost(node, lease);
          return commit;
        }),
    );
  }

  fail({ node, lease, ...failure }: FailureReport): Deferred<FailResult> {
    return this.ctx.defer(
      this.#storeOrRefuse()
        .fail({ lease, failure })
        .then((result) => {
          this.ctx.send("finished", { node, lease, outcome: undefined });
          if (result.kind === "lost") this.#logLost(node, lease);
          if (result.kind === "retried") {
            this.ctx.after(Math.max(0, result.runAt - this.ctx.wall()), "sweep");
          }
          return result;
        }),
    );
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

  claimed({ worker, seenArrivals, leases, failure }: Claimed): void {
    this.#pool.claimed(worker, leases, seenArrivals, this.ctx.now());
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

  /** Tells those who wait for a task, if it has ended. */
  ended(taskId: string): void {
    if (!this.#store || !this.#waiters.has(taskId)) return;
    this.#store.outcome(taskId).then(
      (outcome) => outcome && this.#waiters.settle(taskId, outcome),
      (error: unknown) => this.#waiters.fail(taskId, Failure.of(error)),
    );
  }

  sweep(): void {
    if (!this.#store) return;
    this.ctx.pipe(this.#store.sweep(sweepItemsMax), "swept", "troubled");
  }

  swept(report: SweepReport): void {
    this.#traces.forget(...report.failed);
    for (const taskId of report.failed) this.ended(taskId);
    if (report.due + report.released > 0) this.arrived();
  }

  troubled(failure: FailureData): void {
    this.ctx.log("warn", `the store has trouble: ${failure.detail}`, { code: failure.code });
  }

  override terminated(ref: AnyRef, exit: Exit): void {
    const { uid, node } = ref.$.address;
    if (this.#store && this.#store.$.address.uid === uid && this.ctx.node.name === node.name) {
      this.#store = undefined;
      this.connect();
      return;
    }
    const worker = this.#pool.remove(uid, node.incarnation);
    if (!worker) return;
    this.ctx.log(
      levelOf(exit),
      `worker ${worker.node} is gone; its ${worker.held.size} tasks go on elsewhere`,
    );
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
    const except = [...(this.#pool.get(node)?.held ?? [])].map(([taskId, { fence }]) => ({
      taskId,
      fence,
    }));
    const released = this.#storeOrRefuse()
      .release({ node, except })
      .then((report) => ({ ...report, due: 0, nextAt: null }));
    this.ctx.pipe(released, "swept", "troubled");
  }

  #storeOrRefuse(): Ref<TaskStore> {
    if (this.#store) return this.#store;
    throw reply(new Failure("unavailable", "the queue has no store at the moment; try again soon"));
  }

  #logLost(node: string, lease: LeaseRef): void {
    this.ctx.log("warn", `${node} reported ${lease.taskId} under an old lease; refused`, {
      code: "lease_lost",
      fence: lease.fence,
    });
  }
}
