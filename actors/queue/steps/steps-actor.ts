// Runs tasks that are made of steps: a worker without a machine, which submits each step as a task of
// its own and waits for it. All that it knows can be asked for again: a step has a key made of its task
// and name, so whoever takes the task over finds the steps that were submitted, and their results.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { limits } from "#protocols/limits.ts";
import type { Handlers } from "#protocols/protocol.ts";
import type { ServedCapability } from "#protocols/tasks/capability.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { Confirmations, confirmationsName } from "#protocols/tasks/confirmations.ts";
import type { Queue, WorkerHeartbeatAnswer } from "#protocols/tasks/queue.ts";
import { stepsModel, stepsNode, stepsQueue } from "#protocols/tasks/steps.ts";
import type { LeaseRef, TaskLease, TaskResult } from "#protocols/tasks/task.ts";
import type { TaskFailure } from "#protocols/tasks/task-failure.ts";
import { type CancelOrder, Worker } from "#protocols/tasks/worker.ts";
import { Actor } from "#runtime/core/actor.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import { Parked } from "#runtime/tasks/ask-person.ts";
import { HeldLeases, refOf, renewEveryMsOf } from "#runtime/tasks/held-leases.ts";
import { ProgressDesk } from "#runtime/tasks/progress-desk.ts";
import { tellEnd } from "#runtime/tasks/told-end.ts";
import { runSteps, type StepPorts } from "./run-steps.ts";
import { StepFailure } from "./step-failure.ts";

export interface StepsArguments {
  readonly queue: Ref<Queue>;
}

interface Ended {
  readonly lease: LeaseRef;
  readonly end: { readonly result: TaskResult } | { readonly failure: TaskFailure };
  readonly attempt: number;
}

interface Renewed {
  readonly sent: readonly LeaseRef[];
  readonly sentAtMs: number;
  readonly answer: WorkerHeartbeatAnswer;
}

interface Own {
  offer(): void;
  missed(failure: FailureData): void;
  ended(ended: Ended): void;
  renew(): void;
  renewed(answer: Renewed): void;
  paused(pause: number): void;
  /** The attempt is over: its task waits for a person. */
  parked(lease: LeaseRef): void;
}

const renewal = "renewal";
const retry = { delayMsMin: 100, delayMsMax: 2_000, factor: 2, jitter: 0.5 };

export class StepsActor
  extends Actor<Worker, StepsArguments, Own>
  implements Handlers<Worker & Own>
{
  static readonly protocol = Worker;
  static initial = (args: StepsArguments): StepsArguments => args;

  readonly #held = new HeldLeases();
  readonly #progress = new ProgressDesk({
    store: () => this.ctx.lookup(Store, "store"),
    lost: (lease) => this.#held.lose([lease], this.ctx.now()),
    holds: (lease) => this.#held.holds(lease),
    rest: (ms) => this.ctx.sleep(ms),
    missed: ({ code, detail }) => this.ctx.log("info", `progress not told: ${detail}`, { code }),
  });
  readonly #pauses = new Map<number, () => void>();
  #lastPause = 0;
  #renewEveryMs = Number.POSITIVE_INFINITY;

  override start(): void {
    this.#renewWithin(this.#held.renewEveryMs);
    this.offer();
  }

  override stopped(): void {
    this.#held.giveUpAll(this.ctx.now());
  }

  offer(): void {
    const { ctx } = this;
    const offered = this.state.queue.offer({
      worker: ctx.self,
      node: stepsNode,
      incarnation: ctx.node.incarnation,
      models: [stepsModel],
      queues: [stepsQueue],
      slots: limits.workerSlotsMax,
      holds: this.#held.refs,
      atMs: ctx.now(),
    });
    offered.catch((error: unknown) => ctx.send("missed", Failure.of(error)));
  }

  missed({ code, detail }: FailureData): void {
    this.ctx.log("info", `no steps are run yet: ${detail}`, { code });
    this.ctx.after(retry.delayMsMax, "offer");
  }

  run(lease: TaskLease): void {
    const { ctx } = this;
    const held = this.#held.take(lease, ctx.now());
    if (!held) return;
    this.#renewWithin(renewEveryMsOf(lease.leaseMs));
    const { signal } = held.abort;
    const ref = refOf(lease);
    const pause = (): Promise<void> => this.#pause();
    const { queue } = this.state;
    const confirmations = () =>
      ctx.lookup(Confirmations, confirmationsName).catch((cause: unknown) => {
        throw new Failure("unavailable", "nobody can be asked just now", cause);
      });
    const told: StepPorts["told"] = ({ done, of, last }) => {
      const message = `${done} of ${of} steps are done, the last was ${last}`;
      const far = { progress: done / of, message };
      if (done < of) this.#progress.report(ref, far);
      else this.#progress.note(ref, far);
    };
    const reached = () => this.#progress.reached(ref);
    runSteps(lease, { queue, confirmations, signal, pause, told, reached }).then(
      (result) => ctx.send("ended", { lease: ref, end: { result }, attempt: 1 }),
      (error: unknown) => {
        if (error instanceof Parked) return ctx.send("parked", ref);
        const failure = StepFailure.taskFailureOf(error, { isCancelled: signal.aborted });
        ctx.send("ended", { lease: ref, end: { failure }, attempt: 1 });
      },
    );
  }

  /** It is of no node, so that no agent asks. */
  served(): ServedCapability {
    return { models: [stepsModel], skills: [], tags: [], slots: limits.workerSlotsMax };
  }

  parked(lease: LeaseRef): void {
    this.#letGo(lease);
  }

  cancel({ taskId }: CancelOrder): void {
    this.#held.giveUp(taskId, this.ctx.now());
  }

  /** Tells the queue, again and again while the lease is ours. */
  ended(ended: Ended): void {
    const { lease, end, attempt } = ended;
    if (!this.#held.holds(lease)) {
      this.#progress.forget(lease);
      return;
    }
    const { ctx } = this;
    const reached = this.#progress.end(lease);
    tellEnd(this.state.queue, { node: stepsNode, lease, end, reached }).then(
      () => this.#letGo(lease),
      () => {
        const delayMs = backoffDelay(retry, attempt, ctx.random());
        ctx.after(delayMs, "ended", { ...ended, attempt: attempt + 1 });
      },
    );
  }

  /** What may have ended without being heard of is given up: somebody else may go on with it. */
  renew(): void {
    const { ctx } = this;
    this.#held.lose(this.#held.expired(ctx.now()), ctx.now());
    this.#renewEveryMs = Number.POSITIVE_INFINITY;
    this.#renewWithin(this.#held.renewEveryMs);
    const sent = this.#held.refs;
    const sentAtMs = ctx.now();
    this.state.queue.heartbeat({ node: stepsNode, leases: sent, atMs: sentAtMs }).then(
      (answer) => ctx.send("renewed", { sent, sentAtMs, answer }),
      (error: unknown) => ctx.log("info", `not renewed: ${Failure.of(error).detail}`),
    );
  }

  renewed({ sent, sentAtMs, answer: { lost, cancel, isKnown } }: Renewed): void {
    this.#held.renewed(sent, sentAtMs);
    const nowMs = this.ctx.now();
    this.#held.lose(lost, nowMs);
    for (const { lease } of cancel) this.#held.giveUp(lease.taskId, nowMs);
    if (!isKnown) this.offer();
  }

  paused(pause: number): void {
    this.#pauses.get(pause)?.();
    this.#pauses.delete(pause);
  }

  #letGo(lease: LeaseRef): void {
    this.#held.release(lease);
    this.#progress.forget(lease);
  }

  #pause(): Promise<void> {
    this.#lastPause += 1;
    const pause = this.#lastPause;
    this.ctx.after(retry.delayMsMax, "paused", pause);
    return new Promise((resolve) => this.#pauses.set(pause, resolve));
  }

  /** The next renewal comes in so long, unless it comes earlier anyway. */
  #renewWithin(ms: number): void {
    if (ms >= this.#renewEveryMs) return;
    this.#renewEveryMs = ms;
    this.ctx.after({ ms, key: renewal }, "renew");
  }
}
