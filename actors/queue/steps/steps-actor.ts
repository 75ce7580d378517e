// Runs tasks that are made of steps: a worker without a machine, which submits each step as a task of
// its own and waits for it. All that it knows can be asked for again: a step has a key made of its task
// and name, so whoever takes the task over finds the steps that were submitted, and their results.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { limits } from "#protocols/limits.ts";
import type { Handlers } from "#protocols/protocol.ts";
import type { Queue, WorkerHeartbeatAnswer } from "#protocols/tasks/queue.ts";
import { stepsModel, stepsNode, stepsQueue } from "#protocols/tasks/steps.ts";
import type { LeaseRef, TaskLease, TaskResult } from "#protocols/tasks/task.ts";
import type { TaskFailure } from "#protocols/tasks/task-failure.ts";
import { type CancelOrder, Worker } from "#protocols/tasks/worker.ts";
import { Actor } from "#runtime/core/actor.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import { runSteps } from "./run-steps.ts";
import { StepFailure } from "./step-failure.ts";

export interface StepsArguments {
  readonly queue: Ref<Queue>;
}

interface Ended {
  readonly lease: LeaseRef;
  readonly end: { readonly result: TaskResult } | { readonly failure: TaskFailure };
  readonly attempt: number;
}

interface Own {
  offer(): void;
  missed(failure: FailureData): void;
  ended(ended: Ended): void;
  renew(): void;
  renewed(answer: WorkerHeartbeatAnswer): void;
  paused(pause: number): void;
}

const renewEveryMs = 2_000;
const retry = { delayMsMin: 100, delayMsMax: 2_000, factor: 2, jitter: 0.5 };

interface Held {
  readonly lease: LeaseRef;
  readonly abort: AbortController;
}

export class StepsActor
  extends Actor<Worker, StepsArguments, Own>
  implements Handlers<Worker & Own>
{
  static readonly protocol = Worker;
  static initial = (args: StepsArguments): StepsArguments => args;

  readonly #held = new Map<string, Held>();
  readonly #pauses = new Map<number, () => void>();
  #lastPause = 0;

  override start(): void {
    this.ctx.every(renewEveryMs, "renew");
    this.offer();
  }

  override stopped(): void {
    for (const { abort } of this.#held.values()) abort.abort();
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
      holds: this.#refs,
    });
    offered.catch((error: unknown) => ctx.send("missed", Failure.of(error)));
  }

  missed({ code, detail }: FailureData): void {
    this.ctx.log("info", `no steps are run yet: ${detail}`, { code });
    this.ctx.after(retry.delayMsMax, "offer");
  }

  run(lease: TaskLease): void {
    const former = this.#held.get(lease.taskId);
    if (former && former.lease.fence >= lease.fence) return;
    former?.abort.abort();
    const abort = new AbortController();
    const { taskId, fence, epoch } = lease;
    const ref = { taskId, fence, epoch };
    this.#held.set(taskId, { lease: ref, abort });
    const { ctx } = this;
    const pause = (): Promise<void> => this.#pause();
    runSteps(lease, { queue: this.state.queue, signal: abort.signal, pause }).then(
      (result) => ctx.send("ended", { lease: ref, end: { result }, attempt: 1 }),
      (error: unknown) => {
        const failure = StepFailure.taskFailureOf(error);
        ctx.send("ended", { lease: ref, end: { failure }, attempt: 1 });
      },
    );
  }

  cancel({ taskId }: CancelOrder): void {
    this.#held.get(taskId)?.abort.abort();
  }

  /** Tells the queue, again and again while the lease is ours. */
  ended(ended: Ended): void {
    const { lease, end, attempt } = ended;
    if (!this.#holds(lease)) return;
    const { queue } = this.state;
    const { ctx } = this;
    const report = { node: stepsNode, lease };
    const told =
      "result" in end
        ? queue.complete({ ...report, result: end.result })
        : queue.fail({ ...report, failure: end.failure });
    told.then(
      () => this.#letGo(lease),
      () => {
        const delayMs = backoffDelay(retry, attempt, ctx.random());
        ctx.after(delayMs, "ended", { ...ended, attempt: attempt + 1 });
      },
    );
  }

  renew(): void {
    const { ctx } = this;
    this.state.queue.heartbeat({ node: stepsNode, leases: this.#refs }).then(
      (answer) => ctx.send("renewed", answer),
      (error: unknown) => ctx.log("info", `not renewed: ${Failure.of(error).detail}`),
    );
  }

  renewed({ lost, cancel, isKnown }: WorkerHeartbeatAnswer): void {
    for (const lease of lost) {
      this.#held.get(lease.taskId)?.abort.abort();
      this.#letGo(lease);
    }
    for (const { lease } of cancel) this.#held.get(lease.taskId)?.abort.abort();
    if (!isKnown) this.offer();
  }

  paused(pause: number): void {
    this.#pauses.get(pause)?.();
    this.#pauses.delete(pause);
  }

  #pause(): Promise<void> {
    this.#lastPause += 1;
    const pause = this.#lastPause;
    this.ctx.after(retry.delayMsMax, "paused", pause);
    return new Promise((resolve) => this.#pauses.set(pause, resolve));
  }

  get #refs(): readonly LeaseRef[] {
    return [...this.#held.values()].map(({ lease }) => lease);
  }

  #holds({ taskId, fence }: LeaseRef): boolean {
    return this.#held.get(taskId)?.lease.fence === fence;
  }

  #letGo(lease: LeaseRef): void {
    if (this.#holds(lease)) this.#held.delete(lease.taskId);
  }
}
