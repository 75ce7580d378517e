// A worker: offers its slots to the queue, runs the tasks it is handed, and reports how they ended until
// the queue has heard it. It outlives queue and control node.
//
//   seeking ──found──► offering ──► working (renews its leases)
//      ▲                                │ queue or its node ended
//      └────────────────────────────────┘   work in progress goes on and is reported to the next
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Handlers, Protocol } from "#protocols/protocol.ts";
import type { ServedCapability } from "#protocols/tasks/capability.ts";
import { classifyFailure } from "#protocols/tasks/classify-failure.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Confirmations, confirmationsName } from "#protocols/tasks/confirmations.ts";
import { Queue, type WorkerHeartbeat } from "#protocols/tasks/queue.ts";
import type { HeldSkill } from "#protocols/tasks/skill-sight.ts";
import type { LeaseRef, TaskLease } from "#protocols/tasks/task.ts";
import { type CancelOrder, Worker } from "#protocols/tasks/worker.ts";
import { Actor } from "#runtime/core/actor.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import { levelOf } from "#runtime/core/exit-level.ts";
import { type HeldLease, HeldLeases, refOf, renewEveryMsOf } from "./held-leases.ts";
import { type Offered, offerOf, servedOf } from "./offered-capability.ts";
import {
  OverdueHandlers,
  overdueText,
  patienceOf,
  stuckFailure,
  unheeded,
} from "./overdue-handlers.ts";
import { ProgressDesk } from "./progress-desk.ts";
import { QuestionDesk } from "./question-desk.ts";
import { handlerFor, type TaskHandlers } from "./task-handler.ts";
import { taskInHand } from "./task-in-hand.ts";
import { tellEnd, toldInstead } from "./told-end.ts";
import type {
  Ended,
  Renewed,
  Report,
  Reported,
  WorkerMessages,
  WorkerTerms,
} from "./worker-messages.ts";

const retry = { delayMsMin: 100, delayMsMax: 2_000, factor: 2, jitter: 0.5 };
const renewal = "renewal";
/** Until the queue is told of a slot that lost work has left: others may be about to leave theirs. */
const letGoMs = 20;

/**
 * An actor that works on tasks: it says its `models` and has a handler for each type of them. All
 * else is done here: it takes no more than it has slots, renews leases, stops by itself what it may
 * have lost, and reports each end until the queue has heard it. A crash of the worker itself ends all
 * that it holds; a failing handler only fails its attempt.
 */
export abstract class TaskWorker<S extends WorkerTerms = WorkerTerms>
  extends Actor<Worker, S, WorkerMessages>
  implements Handlers<Worker & WorkerMessages>
{
  static readonly protocol = Worker;
  /** Of the refs that it gets, also in a thread of its own. */
  static readonly protocols: readonly Protocol<unknown>[] = [Queue, Store, Confirmations];

  readonly #held = new HeldLeases();
  readonly #progress = new ProgressDesk({
    store: () => this.ctx.lookup(Store, "store"),
    lost: (lease) => this.ctx.send("lost", lease),
    holds: (lease) => this.#held.holds(lease),
    rest: (ms) => this.ctx.sleep(ms),
    missed: ({ code, detail }) => this.ctx.log("info", `progress not told: ${detail}`, { code }),
  });
  readonly #questions = new QuestionDesk({
    // Shorter than the grace, as a handler that is to stop may be in the midst of it.
    confirmations: () => this.ctx.lookup(Confirmations, confirmationsName, { within: 2_000 }),
    node: () => this.ctx.node.name,
    // At once: whoever catches `Parked` and goes on must not be reported.
    parked: (lease) => this.#held.lose([lease], this.ctx.now()),
    reached: (lease) => this.#progress.reached(lease),
    rest: (ms, signal) => this.ctx.sleep(ms, signal),
  });
  #queue: Ref<Queue> | undefined;
  /** Whose handlers run, also when their leases are lost. */
  readonly #atWork = new OverdueHandlers();
  #attempt = 0;
  #renewEveryMs = Number.POSITIVE_INFINITY;

  /** Only tasks for these are handed to it. */
  protected abstract get models(): readonly string[];
  protected abstract readonly handlers: TaskHandlers;
  /** What it says that it can do. Default: what it was born with. */
  protected get skills(): readonly HeldSkill[] | undefined {
    return this.state.skills;
  }
  /** Before the first task: what another actor does in `start`. */
  protected opened?(): void | Promise<void>;

  override async start(): Promise<void> {
    patienceOf(this.state, this.ctx.now());
    await this.opened?.();
    // What it may not serve ends its start, and not only its first offer.
    offerOf(this.#offered);
    this.#renewWithin(this.#held.renewEveryMs);
    this.seek();
  }

  override stopped(): void {
    this.#held.giveUpAll(this.ctx.now());
  }

  run(lease: TaskLease): void {
    const held = this.#held.take(lease, this.ctx.now());
    if (!held) return;
    this.#renewWithin(renewEveryMsOf(lease.leaseMs));
    this.ctx.pipe(this.#work(held), "ended");
  }

  /** The work stops, and its end is reported as any other. */
  cancel({ taskId }: CancelOrder): void {
    this.#held.giveUp(taskId, this.ctx.now());
  }

  served(): ServedCapability {
    return servedOf(this.#offered);
  }

  seek(): void {
    this.ctx.pipe(this.ctx.lookup(Queue, "queue"), "found", "missed");
  }

  found(queue: Ref<Queue>): void {
    this.#queue = queue;
    this.ctx.watch(queue);
    const offer = queue.offer({
      worker: this.ctx.self,
      node: this.ctx.node.name,
      incarnation: this.ctx.node.incarnation,
      ...offerOf(this.#offered),
      holds: this.#held.refs,
      ...this.#standing,
    });
    this.ctx.pipe(
      offer.then(() => undefined),
      "offered",
      "missed",
    );
  }

  offerAgain(): void {
    if (this.#queue) this.found(this.#queue);
  }

  offered(): void {
    this.#attempt = 0;
    this.ctx.log("info", "the queue took the offer", { slots: this.state.slots });
  }

  missed({ code, detail }: FailureData): void {
    this.#attempt += 1;
    this.ctx.log(this.#attempt > 3 ? "warn" : "info", `no queue yet: ${detail}`, { code });
    this.ctx.after(backoffDelay(retry, this.#attempt, this.ctx.random()), "seek");
  }

  ended(ended: Ended): void {
    if (this.#held.holds(ended.lease)) this.report({ ...ended, attempt: 1 });
    else {
      this.#progress.forget(ended.lease);
      this.#renewWithin(letGoMs);
    }
  }

  /** Tells the queue how a task ended, again and again while the lease is ours. */
  report({ lease, end, attempt }: Report): void {
    if (!this.#held.holds(lease)) {
      this.#progress.forget(lease);
      return;
    }
    const again = (next: Ended["end"]): void => {
      const delayMs = backoffDelay(retry, attempt, this.ctx.random());
      this.ctx.after(delayMs, "report", { lease, end: next, attempt: attempt + 1 });
    };
    if (!this.#queue) {
      again(end);
      return;
    }
    const { ctx } = this;
    const reached = this.#progress.end(lease);
    tellEnd(this.#queue, { node: ctx.node.name, lease, end, reached }).then(
      ({ kind }) => ctx.send("reported", { lease, kind }),
      (error: unknown) => again(toldInstead(ctx, { lease, end }, Failure.of(error))),
    );
  }

  reported({ lease, kind }: Reported): void {
    this.#held.release(lease);
    this.#progress.forget(lease);
    if (this.#atWork.count > 0) this.#renewWithin(letGoMs);
    if (kind !== "lost") return;
    const text = `what became of task ${lease.taskId} came too late: its lease is another's`;
    this.ctx.log("info", text, { fence: lease.fence });
  }

  lost(lease: LeaseRef): void {
    this.#held.lose([lease], this.ctx.now());
  }

  renew(): void {
    const sentAtMs = this.ctx.now();
    this.#held.lose(this.#held.expired(sentAtMs), sentAtMs);
    this.#renewEveryMs = Number.POSITIVE_INFINITY;
    this.#renewWithin(this.#held.renewEveryMs);
    this.#lookForOverdue();
    const queue = this.#queue;
    if (!queue) return;
    const sent = this.#held.refs;
    const { ctx } = this;
    queue.heartbeat({ node: ctx.node.name, leases: sent, ...this.#standing }).then(
      (answer) => ctx.send("renewed", { sent, sentAtMs, answer }),
      // What was not renewed ends by itself; the next renewal is due soon.
      (error: unknown) => ctx.log("info", `not renewed: ${Failure.of(error).detail}`),
    );
  }

  renewed({ sent, sentAtMs, answer: { lost, cancel, isKnown } }: Renewed): void {
    this.#held.renewed(sent, sentAtMs);
    const nowMs = this.ctx.now();
    this.#held.lose(lost, nowMs);
    for (const { lease } of cancel) this.#held.giveUp(lease.taskId, nowMs);
    if (!isKnown && this.#queue) this.found(this.#queue);
  }

  override terminated(ref: AnyRef, exit: Exit): void {
    if (ref.$.toString() !== this.#queue?.$.toString()) return;
    this.#queue = undefined;
    this.ctx.log(levelOf(exit), "the queue is gone; looking for the next", {
      holds: this.#held.size,
    });
    this.seek();
  }

  /** The next renewal comes in so long, unless it comes earlier anyway. */
  #renewWithin(ms: number): void {
    if (ms >= this.#renewEveryMs) return;
    this.#renewEveryMs = ms;
    this.ctx.after({ ms, key: renewal }, "renew");
  }

  get #offered(): Offered {
    return { models: this.models, skills: this.skills, state: this.state };
  }

  /** What a queue is told beside the leases. With an overdue handler no more tasks are wanted. */
  get #standing(): Omit<WorkerHeartbeat, "node" | "leases"> {
    const { refused: reportsRefused } = this.#progress;
    const said = { atMs: this.ctx.now(), ...(reportsRefused > 0 && { reportsRefused }) };
    const { count: overdue } = this.#atWork;
    if (overdue > 0) return { ...said, busy: this.state.slots, overdue };
    const busy = this.#atWork.countBeside((lease) => this.#held.holds(lease));
    return { ...said, ...(busy > 0 && { busy }) };
  }

  /** Fails when nothing is left that this worker could do. */
  #lookForOverdue(): void {
    const patience = patienceOf(this.state, this.ctx.now());
    const { graceMs, nowMs } = patience;
    for (const held of this.#atWork.late(patience)) {
      this.ctx.log("warn", overdueText(held, nowMs), { code: "timeout" });
      const lease = refOf(held.lease);
      if (!this.#held.holds(lease)) continue;
      // It was to be cancelled, which needs nobody's consent.
      this.report({ lease, end: { failure: unheeded(graceMs) }, attempt: 1 });
    }
    this.#renewWithin(this.#atWork.nextMs(patience));
    if (this.#held.size === 0 && this.#atWork.areAlone) throw stuckFailure(this.#atWork, graceMs);
  }

  async #work(held: HeldLease): Promise<Ended> {
    const { abort, lease } = held;
    const { signal } = abort;
    const ref = refOf(lease);
    this.#atWork.begun(held);
    try {
      const desks = { progress: this.#progress, questions: this.#questions };
      const inHand = taskInHand({ lease, signal }, desks);
      const handle = handlerFor(this.handlers, lease);
      return { lease: ref, end: { result: await handle(lease, inHand) } };
    } catch (error) {
      // Now: an order to cancel that comes while the end is reported has broken nothing off.
      const failure = classifyFailure(error, { isCancelled: signal.aborted });
      return { lease: ref, end: { failure } };
    } finally {
      this.#atWork.returned(held);
    }
  }
}
