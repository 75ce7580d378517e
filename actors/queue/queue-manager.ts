// The QueueManager: takes tasks in, hands them to workers with free slots, and tells those who wait
// how they ended. It keeps nothing that must survive: tasks and leases stand in the store, workers
// offer themselves again.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { type Ack, ack, type Deferred, type Handlers } from "#protocols/protocol.ts";
import type { WaitingKind } from "#protocols/tasks/claim-request.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import {
  type CancelRequest,
  type CompletionReport,
  type FailureReport,
  type NodeHoldRequest,
  Queue,
  type QueueChange,
  type QueueStatistics,
  type Refusal,
  type SubmitReceipt,
  type WorkerHeartbeat,
  type WorkerHeartbeatAnswer,
  type WorkerOffer,
} from "#protocols/tasks/queue.ts";
import type { SkillTies } from "#protocols/tasks/skill-sight.ts";
import { stepsNode } from "#protocols/tasks/steps.ts";
import type {
  CancelResult,
  CommitResult,
  FailResult,
  LossReport,
  QueueView,
  SweepReport,
  TaskPage,
} from "#protocols/tasks/store.ts";
import type { TaskOutcome, TaskSubmission, TaskView } from "#protocols/tasks/task.ts";
import type { TaskQuery } from "#protocols/tasks/task-query.ts";
import { Actor } from "#runtime/core/actor.ts";
import { levelOf } from "#runtime/core/exit-level.ts";
import { AttemptDesk } from "./attempt-desk.ts";
import type { Claimed, Recalled } from "./claim.ts";
import { ClaimDesk } from "./claim-desk.ts";
import { ClientDesk } from "./client-desk.ts";
import { NodeStandings } from "./node-standings.ts";
import type { Finished, Own } from "./own-messages.ts";
import { QueueIntake, type QueueManagerArguments } from "./queue-intake.ts";
import { QueueMonitorActor } from "./queue-monitor-actor.ts";
import { QueueRulebook } from "./queue-rulebook.ts";
import { QueueWatch } from "./queue-watch.ts";
import { StepsActor } from "./steps/steps-actor.ts";
import { StoreDoor } from "./store-door.ts";
import { sweepStore } from "./store-sweep.ts";
import { SweepAlarm } from "./sweep-alarm.ts";
import { learnSkills, takeOffer, welcome } from "./worker-admission.ts";
import { takeBeat } from "./worker-beat.ts";
import { type Ending, WorkerPool } from "./worker-pool.ts";

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
  readonly #rules = new QueueRulebook();
  readonly #intake = new QueueIntake(this.#rules);
  readonly #watch = new QueueWatch();
  readonly #parts = { store: this.#store, pool: this.#pool, rules: this.#rules };
  readonly #claims = new ClaimDesk({ ...this.#parts, standings: this.#standings });
  readonly #sweeps = new SweepAlarm(() => this.ctx);
  readonly #clients = new ClientDesk({
    ...this.#parts,
    sweeps: this.#sweeps,
    intake: this.#intake,
    watch: this.#watch,
    arrived: () => this.ctx.send("arrived"),
    isOpen: (node) => !this.#standings.isHeld(node, this.ctx.wall()),
  });
  readonly #attempts = new AttemptDesk({
    store: this.#store,
    standings: this.#standings,
    completed: (attempt) => this.#watch.completed(attempt),
    sweeps: this.#sweeps,
  });

  override async start(): Promise<void> {
    const { ctx, state } = this;
    this.#rules.plan(state);
    state.show?.(() => this.#watch.source(this.#intake.figures, this.#pool));
    this.#sweeps.start();
    const store = await this.#standings.recallFrom(ctx.lookup(Store, "store"));
    // What fails is tried again by the sweep, which tells of it too.
    this.#intake.seen(await this.#intake.look(store).catch(() => []));
    this.connected(store);
    this.#watch.monitor = ctx.spawn(QueueMonitorActor, { name: "monitor" });
    ctx.spawn(StepsActor, { queue: ctx.self }, { name: "steps" });
    await ctx.register("queue");
  }

  /** Whoever runs steps has ended before: its tasks need not wait for their leases to expire. */
  override stopped(): void {
    const recalled = this.#store.ref?.recall({ node: stepsNode, except: [] });
    // A lease that stays is given back when the next one begins.
    recalled?.catch(() => undefined);
  }

  submit(submission: TaskSubmission): Deferred<SubmitReceipt> {
    const { signal, trace, remaining } = this.ctx;
    const caller = { signal, trace, remaining, nowMs: this.ctx.now(), wallMs: this.ctx.wall() };
    return this.ctx.defer(this.#clients.submit(submission, caller));
  }

  refusal = (idempotencyKey: string): Refusal | null => this.#intake.refusal(idempotencyKey);

  outcome = (taskId: string): Deferred<TaskOutcome> =>
    this.ctx.defer(this.#clients.outcome(taskId, this.ctx));

  view = (taskId: string): Deferred<TaskView | null> => this.ctx.defer(this.#clients.view(taskId));

  cancel = (request: CancelRequest): Deferred<CancelResult> =>
    this.ctx.defer(this.#clients.cancel(request));

  list = (query: TaskQuery): Deferred<TaskPage> =>
    this.ctx.defer(this.#store.ask((store) => store.list(query)));

  statistics = (): Deferred<QueueStatistics> =>
    this.ctx.defer(this.#clients.statistics(this.ctx.now()));

  workers = (): QueueStatistics["workers"] => this.#pool.loads;

  checkConfig = (change: QueueChange): Deferred<Ack> =>
    this.ctx.defer(this.#clients.checkConfig(change));

  reconfigure = (queue: string): Deferred<Ack> => this.ctx.defer(this.#clients.reconfigure(queue));

  setNodeHold(request: NodeHoldRequest): Ack {
    this.#standings.hold(request);
    this.arrived();
    return ack;
  }

  /** The store first ends the leases that the worker does not hold; only then is it given work. */
  offer(offer: WorkerOffer): Deferred<Ack> {
    return this.ctx.defer(takeOffer(this.ctx, offer, this.#parts));
  }

  offered(offer: WorkerOffer): void {
    welcome(this.ctx, this.#pool, offer);
    this.arrived();
  }

  heartbeat(beat: WorkerHeartbeat): Deferred<WorkerHeartbeatAnswer> {
    this.heard(beat.node);
    const heard = takeBeat(this.ctx, beat, this.#parts);
    this.#assign();
    return this.ctx.defer(heard);
  }

  extended({ node, leases }: WorkerHeartbeat): void {
    this.#pool.extended(node, leases, this.ctx.now());
  }

  heard = (node: string): void => this.#standings.heard(node);

  complete(report: CompletionReport): Deferred<CommitResult> {
    return this.ctx.defer(this.#attempts.complete(this.ctx, report));
  }

  fail(report: FailureReport): Deferred<FailResult> {
    return this.ctx.defer(this.#attempts.fail(this.ctx, report));
  }

  changed(parked: Ending | null): void {
    if (parked) this.#pool.finished(parked.node, parked.lease);
    this.arrived();
  }

  connect(): void {
    const store = this.ctx.lookup(Store, "store");
    this.ctx.pipe(this.#standings.recallFrom(store), "connected", "notConnected");
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

  claimed(claim: Claimed): void {
    const { worker, failure } = claim;
    const handed = this.#claims.claimed(this.ctx, claim);
    if (failure) {
      this.troubled(failure);
      this.ctx.after(retryMs, "arrived");
    }
    for (const lease of handed) {
      const ref = this.#clients.bound(worker.ref, lease.taskId);
      this.#attempts.handOver(this.ctx, { node: worker.node, ref }, lease);
    }
    this.#sweeps.claimed(handed);
    this.#assign();
    if (handed.length > 0) this.#intake.room();
  }

  recalled(recall: Recalled): void {
    this.#claims.recalled(this.ctx, recall);
    if (recall.failure) this.troubled(recall.failure);
    else this.freed(recall.report);
    this.#assign();
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

  notEnded = (end: Ending): void => this.#pool.notEnded(end);

  sweep(): void {
    this.#sweeps.rung();
    this.#intake.expire(this.ctx.now());
    if (!this.#store.ref) return;
    sweepStore(this.ctx, this.#store.ref);
    this.#claims.recallAgain(this.ctx);
    this.#standings.report(this.#store.ref, (failure) => this.ctx.send("troubled", failure));
  }

  seen(queues: readonly QueueView[]): void {
    this.#intake.seen(queues);
    this.#watch.queuesSeen(queues, this.ctx);
    // Tasks become pending in ways that nobody tells of: a queue goes on, a retry has no delay.
    if (this.#pool.waiting(queues) > 0) this.arrived();
  }

  kindsSeen(kinds: readonly WaitingKind[]): void {
    this.#watch.kindsSeen(kinds, this.#pool.all, this.ctx.now());
  }

  skillsSeen = (known: readonly SkillTies[]): void => learnSkills(this.ctx, this.#pool, known);

  released(): void {
    this.#claims.released();
    this.#assign();
  }

  swept(report: SweepReport): void {
    if (this.#store.ref) this.ctx.pipe(this.#intake.look(this.#store.ref), "seen", "troubled");
    // What is due waits again, as what was released does.
    this.freed({ ...report, released: report.released + report.due });
    this.#clients.askAgain();
    if (report.nextAt !== null) this.#sweeps.dueAt(report.nextAt);
  }

  freed({ released, ended, faults }: LossReport): void {
    for (const fault of faults) this.#standings.lost(fault);
    this.#clients.over(ended);
    this.#pool.belief.came(released);
    if (released > 0) this.arrived();
  }

  troubled = ({ code, detail }: FailureData): void =>
    this.ctx.log("warn", `the store has trouble: ${detail}`, { code });

  override terminated(ref: AnyRef, exit: Exit): void {
    if (this.#store.lose(ref)) this.connect();
    const worker = this.#pool.remove(ref);
    if (!worker) return;
    const { node, held } = worker;
    this.ctx.log(levelOf(exit), `worker ${node} is gone; its ${held.size} tasks go on elsewhere`);
    this.#claims.left(this.ctx, worker, exit);
  }

  #assign(): void {
    this.#claims.assign(this.ctx);
  }
}
