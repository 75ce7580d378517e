// The QueueManager: takes tasks in, hands them to workers with free slots, and tells those who wait
// how they ended. It keeps nothing that must survive: tasks and leases stand in the store, workers
// offer themselves again.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { type Ack, ack, type Deferred, type Handlers } from "#protocols/protocol.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import {
  type CancelRequest,
  type CompletionReport,
  type FailureReport,
  type NodeHoldRequest,
  Queue,
  type QueueStatistics,
  type SubmitReceipt,
  type WorkerHeartbeat,
  type WorkerHeartbeatAnswer,
  type WorkerOffer,
} from "#protocols/tasks/queue.ts";
import type { QueueMonitor } from "#protocols/tasks/queue-monitor.ts";
import type {
  CancelResult,
  CommitResult,
  FailResult,
  QueueView,
  ReleaseReport,
  SweepReport,
} from "#protocols/tasks/store.ts";
import type { TaskOutcome, TaskSubmission, TaskView } from "#protocols/tasks/task.ts";
import { Actor } from "#runtime/core/actor.ts";
import { levelOf } from "#runtime/core/exit-level.ts";
import { type AttemptResult, type ToldEnd, whenStored } from "./attempt-end.ts";
import { type Claimed, claimFor, givenBack } from "./claim.ts";
import { ClaimAllowance } from "./claim-allowance.ts";
import { ClientDesk } from "./client-desk.ts";
import { NodeStandings } from "./node-standings.ts";
import { outcomeOf } from "./outcome.ts";
import type { Finished, Own } from "./own-messages.ts";
import { QueueIntake, type QueueManagerArguments } from "./queue-intake.ts";
import { QueueMonitorActor } from "./queue-monitor-actor.ts";
import { StepsActor } from "./steps/steps-actor.ts";
import { StoreDoor } from "./store-door.ts";
import { SweepTimes } from "./sweep-times.ts";
import { admit, welcome } from "./worker-admission.ts";
import { type Ending, freeSlots, WorkerPool } from "./worker-pool.ts";

const sweepEveryMs = 1_000;
const sweepItemsMax = 500;
const retryMs = 500;

export class QueueManager
  extends Actor<Queue, QueueManagerArguments, Own>
  implements Handlers<Queue & Own>
{
  static readonly protocol = Queue;
  static initial = (args: QueueManagerArguments): QueueManagerArguments => args;

  readonly #store = new StoreDoor();
  readonly #pool = new WorkerPool();
  readonly #standings = new NodeStandings();
  readonly #intake = new QueueIntake();
  readonly #allowance = new ClaimAllowance();
  readonly #clients = new ClientDesk({
    store: this.#store,
    pool: this.#pool,
    intake: this.#intake,
    arrived: () => this.ctx.send("arrived"),
  });
  readonly #sweeps = new SweepTimes(sweepEveryMs);
  #monitor: Ref<QueueMonitor> | undefined;

  override async start(): Promise<void> {
    const { ctx } = this;
    this.#intake.plan(this.state.queues);
    this.#allowance.plan(this.state.queues);
    ctx.every(sweepEveryMs, "sweep");
    const store = await this.#standings.recallFrom(ctx.lookup(Store, "store"));
    // What fails is tried again by the sweep, which tells of it too.
    this.#intake.seen(await this.#intake.look(store).catch(() => []));
    this.connected(store);
    this.#monitor = ctx.spawn(QueueMonitorActor, { name: "monitor" });
    ctx.spawn(StepsActor, { queue: ctx.self }, { name: "steps" });
    await ctx.register("queue");
  }

  submit(submission: TaskSubmission): Deferred<SubmitReceipt> {
    const { signal, trace } = this.ctx;
    return this.ctx.defer(this.#clients.submit(submission, { signal, trace }));
  }

  outcome(taskId: string): Deferred<TaskOutcome> {
    const { signal } = this.ctx;
    return this.ctx.defer(this.#clients.outcome(taskId, { signal }));
  }

  view(taskId: string): Deferred<TaskView | null> {
    return this.ctx.defer(this.#clients.view(taskId));
  }

  cancel(request: CancelRequest): Deferred<CancelResult> {
    return this.ctx.defer(this.#clients.cancel(request));
  }

  statistics(): Deferred<QueueStatistics> {
    return this.ctx.defer(this.#clients.statistics(this.ctx.now()));
  }

  workers(): QueueStatistics["workers"] {
    return this.#pool.loads;
  }

  setNodeHold(request: NodeHoldRequest): Ack {
    this.#standings.hold(request);
    this.arrived();
    return ack;
  }

  /** The store first ends the leases that the worker does not hold; only then is it given work. */
  offer(offer: WorkerOffer): Deferred<Ack> {
    return this.ctx.defer(
      admit(offer, this.#store.forHandler()).then((admission) => {
        if (admission.warning !== undefined) this.ctx.log("warn", admission.warning);
        this.ctx.send("offered", admission.offer);
        this.ctx.send("freed", admission.report);
        return ack;
      }),
    );
  }

  offered(offer: WorkerOffer): void {
    welcome(this.ctx, this.#pool, offer);
    this.arrived();
  }

  heartbeat(beat: WorkerHeartbeat): WorkerHeartbeatAnswer | Deferred<WorkerHeartbeatAnswer> {
    const { node, leases } = beat;
    this.#pool.reported(node, leases, this.ctx.now());
    this.#assign();
    const isKnown = this.#pool.get(node) !== undefined;
    if (leases.length === 0) return { lost: [], cancel: [], isKnown };
    const heard = this.#store.forHandler().heartbeat({ node, leases });
    return this.ctx.defer(heard.then((answer) => ({ ...answer, isKnown })));
  }

  complete({ node, lease, result }: CompletionReport): Deferred<CommitResult> {
    const stored = this.#store.forHandler().complete({ lease, result });
    const outcomeIn = (commit: CommitResult) => {
      if (commit.kind !== "lost") this.#standings.completed(node, commit.runMs);
      return outcomeOf(lease, commit, result);
    };
    return this.#end({ end: { node, lease }, stored, outcomeIn });
  }

  fail({ node, lease, failure }: FailureReport): Deferred<FailResult> {
    const stored = this.#store.forHandler().fail({ lease, failure });
    const outcomeIn = (result: FailResult) => {
      if (result.kind === "retried") this.#sweepAt(result.runAt);
      if (result.kind !== "lost") this.#standings.failed(node, failure.class);
      return undefined;
    };
    return this.#end({ end: { node, lease }, stored, outcomeIn });
  }

  connect(): void {
    const recalled = this.#standings.recallFrom(this.ctx.lookup(Store, "store"));
    this.ctx.pipe(recalled, "connected", "notConnected");
  }

  connected(store: Ref<Store>): void {
    this.#store.ref = store;
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
    this.#pool.wake(this.#allowance.used(worker.node, leases));
    if (failure) {
      this.troubled(failure);
      this.ctx.after(retryMs, "arrived");
    }
    if (this.#pool.get(worker.node) !== worker || this.#standings.isClosed(worker.node)) {
      for (const lease of leases) this.#pool.finished(worker.node, lease);
      this.ctx.pipe(givenBack(this.#store.forHandler(), leases), "freed", "troubled");
      return;
    }
    for (const lease of leases) this.#clients.bound(worker.ref, lease.taskId).run(lease);
    this.#assign();
    if (leases.length > 0) this.#intake.room();
  }

  finished({ node, lease, outcome }: Finished): void {
    this.#pool.finished(node, lease);
    this.#pool.ran(node, outcome?.status === "completed" ? outcome.runMs : null);
    if (outcome) this.#clients.completed(outcome, this.ctx.now());
    else this.#clients.tell(lease.taskId);
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

  sweep(): void {
    this.#sweeps.begun(this.ctx.now());
    if (!this.#store.ref) return;
    this.ctx.pipe(this.#store.ref.sweep(sweepItemsMax), "swept", "troubled");
    this.#standings.report(this.#store.ref, (failure) => this.ctx.send("troubled", failure));
  }

  seen(queues: readonly QueueView[]): void {
    this.#intake.seen(queues);
    this.#monitor?.observe(queues);
    // Tasks become pending in ways that nobody tells of: a queue goes on, a retry has no delay.
    if (queues.some(({ isPaused, pending }) => pending > 0 && !isPaused)) this.arrived();
  }

  released(): void {
    this.#pool.wake(this.#allowance.released());
    this.#assign();
  }

  swept(report: SweepReport): void {
    if (this.#store.ref) this.ctx.pipe(this.#intake.look(this.#store.ref), "seen", "troubled");
    this.freed(report);
    if (report.due > 0) this.arrived();
    this.#clients.askAgain();
    if (report.nextAt !== null) this.#sweepAt(report.nextAt);
  }

  freed({ released, ended }: ReleaseReport): void {
    this.#clients.over(ended);
    if (released > 0) this.arrived();
  }

  troubled(failure: FailureData): void {
    this.ctx.log("warn", `the store has trouble: ${failure.detail}`, { code: failure.code });
  }

  override terminated(ref: AnyRef, exit: Exit): void {
    if (this.#store.lose(ref)) {
      this.connect();
      return;
    }
    const worker = this.#pool.remove(ref);
    if (!worker) return;
    const text = `worker ${worker.node} is gone; its ${worker.held.size} tasks go on elsewhere`;
    this.ctx.log(levelOf(exit), text);
    this.#release(worker.node);
  }

  #assign(): void {
    if (!this.#store.ref) return;
    const nowMs = this.ctx.now();
    for (const worker of this.#standings.open(this.#pool, this.ctx.wall())) {
      const queueMax = this.#allowance.reserve(worker, { free: freeSlots(worker), nowMs });
      if (queueMax === undefined) continue;
      const claim = claimFor(this.#store.ref, worker, this.#pool.claiming(worker), queueMax);
      this.ctx.pipe(claim, "claimed");
    }
    const againMs = this.#allowance.againMs(nowMs);
    if (againMs !== undefined) this.ctx.after({ ms: againMs, key: "released" }, "released");
  }

  /** Gives a worker's tasks back, except those it holds if it is there again by now. */
  #release(node: string): void {
    const released = this.#store
      .forHandler()
      .releaseNode({ node, except: this.#pool.leasesOf(node) });
    this.ctx.pipe(released, "freed", "troubled");
  }

  #sweepAt(at: number): void {
    const delayMs = this.#sweeps.want(at - this.ctx.wall(), this.ctx.now());
    if (delayMs !== undefined) this.ctx.after(delayMs, "sweep");
  }

  #end<R extends AttemptResult>(told: ToldEnd<R>): Deferred<R> {
    this.ctx.send("ending", told.end);
    return this.ctx.defer(whenStored(this.ctx, told));
  }
}
