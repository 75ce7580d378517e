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
import type { Handlers } from "#protocols/protocol.ts";
import { classifyFailure } from "#protocols/tasks/classify-failure.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Confirmations, confirmationsName } from "#protocols/tasks/confirmations.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { HeldSkill } from "#protocols/tasks/skill-sight.ts";
import type { LeaseRef, TaskLease } from "#protocols/tasks/task.ts";
import { type CancelOrder, Worker } from "#protocols/tasks/worker.ts";
import { Actor } from "#runtime/core/actor.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import { levelOf } from "#runtime/core/exit-level.ts";
import { noticeOf, userConfirmationOf } from "./ask-person.ts";
import { type HeldLease, HeldLeases, refOf, renewEveryMsOf } from "./held-leases.ts";
import { ProgressDesk } from "./progress-desk.ts";
import { QuestionDesk } from "./question-desk.ts";
import type { TaskHandler, TaskHandlers, TaskInHand } from "./task-handler.ts";
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

  readonly #held = new HeldLeases();
  readonly #progress = new ProgressDesk({
    store: () => this.ctx.lookup(Store, "store"),
    lost: (lease) => this.ctx.send("lost", lease),
    holds: (lease) => this.#held.holds(lease),
    rest: (ms) => this.ctx.sleep(ms),
    missed: ({ code, detail }) => this.ctx.log("info", `progress not told: ${detail}`, { code }),
  });
  readonly #questions = new QuestionDesk({
    confirmations: () => this.ctx.lookup(Confirmations, confirmationsName),
    node: () => this.ctx.node.name,
    // At once: whoever catches `Parked` and goes on must not be reported.
    parked: (lease) => this.#held.lose([lease]),
    rest: (ms, signal) => this.ctx.sleep(ms, signal),
  });
  #queue: Ref<Queue> | undefined;
  /** Whose handlers run, also when their leases are lost. */
  readonly #atWork = new Set<HeldLease>();
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
    await this.opened?.();
    this.#renewWithin(this.#held.renewEveryMs);
    this.seek();
  }

  override stopped(): void {
    this.#held.giveUpAll();
  }

  run(lease: TaskLease): void {
    const held = this.#held.take(lease, this.ctx.now());
    if (!held) return;
    this.#renewWithin(renewEveryMsOf(lease.leaseMs));
    this.ctx.pipe(this.#work(held), "ended");
  }

  /** The work stops, and its end is reported as any other. */
  cancel({ taskId }: CancelOrder): void {
    this.#held.giveUp(taskId);
  }

  seek(): void {
    this.ctx.pipe(this.ctx.lookup(Queue, "queue"), "found", "missed");
  }

  found(queue: Ref<Queue>): void {
    this.#queue = queue;
    this.ctx.watch(queue);
    const { skills } = this;
    const { batchMax, machine, queues, slots, tags } = this.state;
    const offer = queue.offer({
      worker: this.ctx.self,
      node: this.ctx.node.name,
      incarnation: this.ctx.node.incarnation,
      models: this.models,
      ...(queues === undefined ? {} : { queues }),
      ...(skills === undefined ? {} : { skills }),
      ...(tags === undefined ? {} : { tags }),
      ...(machine === undefined ? {} : { machine }),
      ...(batchMax === undefined ? {} : { batchMax }),
      slots,
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
    else this.#renewWithin(letGoMs);
  }

  /** Tells the queue how a task ended, again and again while the lease is ours. */
  report({ lease, end, attempt }: Report): void {
    if (!this.#held.holds(lease)) return;
    const again = (next: Ended["end"]): void => {
      const delayMs = backoffDelay(retry, attempt, this.ctx.random());
      this.ctx.after(delayMs, "report", { lease, end: next, attempt: attempt + 1 });
    };
    if (!this.#queue) {
      again(end);
      return;
    }
    const { ctx } = this;
    this.#tell(this.#queue, lease, end).then(
      ({ kind }) => ctx.send("reported", { lease, kind }),
      (error: unknown) => again(toldInstead(end, Failure.of(error))),
    );
  }

  reported({ lease, kind }: Reported): void {
    this.#held.release(lease);
    if (kind !== "lost") return;
    const text = `what became of task ${lease.taskId} came too late: its lease is another's`;
    this.ctx.log("info", text, { fence: lease.fence });
  }

  lost(lease: LeaseRef): void {
    this.#held.lose([lease]);
  }

  renew(): void {
    this.#held.lose(this.#held.expired(this.ctx.now()));
    this.#renewEveryMs = Number.POSITIVE_INFINITY;
    this.#renewWithin(this.#held.renewEveryMs);
    const queue = this.#queue;
    if (!queue) return;
    const sent = this.#held.refs;
    const sentAtMs = this.ctx.now();
    const { ctx } = this;
    queue.heartbeat({ node: ctx.node.name, leases: sent, ...this.#standing }).then(
      (answer) => ctx.send("renewed", { sent, sentAtMs, answer }),
      // What was not renewed ends by itself; the next renewal is due soon.
      (error: unknown) => ctx.log("info", `not renewed: ${Failure.of(error).detail}`),
    );
  }

  renewed({ sent, sentAtMs, answer: { lost, cancel, isKnown } }: Renewed): void {
    this.#held.renewed(sent, sentAtMs);
    this.#held.lose(lost);
    for (const { lease } of cancel) this.#held.giveUp(lease.taskId);
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

  /** What a queue is told beside the leases. */
  get #standing(): { readonly atMs: number; readonly busy?: number } {
    const busy = [...this.#atWork].filter(({ lease }) => !this.#held.holds(lease)).length;
    return { atMs: this.ctx.now(), ...(busy === 0 ? {} : { busy }) };
  }

  async #work(held: HeldLease): Promise<Ended> {
    const { abort, lease } = held;
    const { signal } = abort;
    const ref = refOf(lease);
    this.#atWork.add(held);
    try {
      const handle = this.#handlerOf(lease);
      return { lease: ref, end: { result: await handle(lease, this.#inHand(lease, signal)) } };
    } catch (error) {
      // Now: an order to cancel that comes while the end is reported has broken nothing off.
      const failure = classifyFailure(error, { isCancelled: signal.aborted });
      return { lease: ref, end: { failure } };
    } finally {
      this.#atWork.delete(held);
    }
  }

  #inHand(lease: TaskLease, signal: AbortSignal): TaskInHand {
    const desk = this.#progress;
    const ref = refOf(lease);
    const ask: TaskInHand["confirm"] = (question) =>
      this.#questions.ask({ lease, signal }, question);
    return {
      signal,
      progress(share, { message = null, checkpoint } = {}) {
        if (signal.aborted) return;
        const kept = checkpoint === undefined ? {} : { checkpoint };
        desk.report({ lease: ref, progress: share, message, ...kept });
      },
      confirm: ask,
      notifyUser: async (told, whom) => userConfirmationOf(await ask(noticeOf(told, whom))),
    };
  }

  #handlerOf({ taskId, type }: TaskLease): TaskHandler {
    const named = Object.hasOwn(this.handlers, type) ? this.handlers[type] : undefined;
    const handler = named ?? this.handlers["*"];
    if (handler) return handler;
    const known = Object.keys(this.handlers).join(", ") || "none";
    const detail = `task ${taskId} is of type ${type}, and this worker handles ${known}: send it to a queue or model whose workers do`;
    throw new Failure("invalid", detail);
  }

  #tell(queue: Ref<Queue>, lease: LeaseRef, end: Ended["end"]): Promise<Pick<Reported, "kind">> {
    const { name: node } = this.ctx.node;
    if ("result" in end) return queue.complete({ node, lease, result: end.result });
    return queue.fail({ node, lease, failure: end.failure });
  }
}

/** What is no result, or no failure, would be refused for ever, and the lease renewed as long. */
function toldInstead(end: Ended["end"], refusal: Failure): Ended["end"] {
  if (refusal.isRetryable) return end;
  const sight = { isCancelled: false };
  if ("result" in end) return { failure: classifyFailure(refusal, sight) };
  if (refusal.code !== "invalid") return end;
  const detail = `how it failed cannot be kept (${refusal.detail}): ${end.failure.detail}`;
  return { failure: classifyFailure(new Failure("internal", detail), sight) };
}
