// A worker: offers its slots to the queue, runs the tasks it is handed in its engine, and reports
// how they ended until the queue has heard it. It outlives queue, control node and engine.
//
//   seeking ──found──► offering ──► working (renews every two seconds)
//      ▲                                │ queue or its node ended
//      └────────────────────────────────┘   work in progress goes on and is reported to the next
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Handlers } from "#protocols/protocol.ts";
import { Queue, type WorkerHeartbeatAnswer } from "#protocols/tasks/queue.ts";
import type { LeaseRef, TaskLease, TaskResult } from "#protocols/tasks/task.ts";
import { type CancelOrder, Worker } from "#protocols/tasks/worker.ts";
import { Actor } from "#runtime/core/actor.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import { levelOf } from "#runtime/core/exit-level.ts";
import type { SupervisionSpec } from "#runtime/core/supervision.ts";
import { type Engine, EngineActor } from "./engine-actor.ts";
import type { EngineSpec } from "./engine-spec.ts";
import { taskFailureOf } from "./failure-class.ts";
import { HeldLeases, refOf } from "./held-leases.ts";
import { repairOptionsOf } from "./inpaint-parameters.ts";

export interface InferenceArguments {
  readonly engine: EngineSpec;
  /** Tasks held at the same time: one runs, the next is decoded meanwhile. */
  readonly slots: number;
  /** As in a `WorkerOffer`. */
  readonly queues?: readonly string[];
  readonly skills?: readonly string[];
  readonly tags?: readonly string[];
}

interface Ended {
  readonly lease: LeaseRef;
  readonly end: { readonly result: TaskResult } | { readonly failure: Failure };
}

interface Report extends Ended {
  readonly attempt: number;
}

interface Own {
  seek(): void;
  found(queue: Ref<Queue>): void;
  missed(failure: FailureData): void;
  offered(): void;
  ended(ended: Ended): void;
  report(report: Report): void;
  reported(lease: LeaseRef): void;
  renew(): void;
  renewed(answer: Renewed): void;
}

interface Renewed {
  readonly sent: readonly LeaseRef[];
  readonly sentAtMs: number;
  readonly answer: WorkerHeartbeatAnswer;
}

const renewEveryMs = 2_000;
const outputQuality = 95;
const retry = { delayMsMin: 100, delayMsMax: 2_000, factor: 2, jitter: 0.5 };

export class InferenceActor
  extends Actor<Worker, InferenceArguments, Own>
  implements Handlers<Worker & Own>
{
  static readonly protocol = Worker;
  static readonly supervise: SupervisionSpec = {
    strategy: "one-for-one",
    restartsMax: 20,
    withinMs: 60_000,
    backoff: { delayMsMin: 50, delayMsMax: 5_000, factor: 2, jitter: 0.2 },
  };
  static initial = (args: InferenceArguments): InferenceArguments => args;

  readonly #held = new HeldLeases();
  #engine: Ref<Engine> | undefined;
  #queue: Ref<Queue> | undefined;
  #attempt = 0;

  override async start(): Promise<void> {
    this.#engine = this.ctx.spawn(EngineActor, this.state.engine, { name: "engine" });
    await this.ctx.started(this.#engine);
    this.ctx.every(renewEveryMs, "renew");
    this.seek();
  }

  run(lease: TaskLease): void {
    const held = this.#held.take(lease, this.ctx.now());
    if (!held || !this.#engine) return;
    this.ctx.pipe(this.#work(this.#engine, lease, held.abort.signal), "ended");
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
    const { engine, ...terms } = this.state;
    const offer = queue.offer({
      ...terms,
      worker: this.ctx.self,
      node: this.ctx.node.name,
      incarnation: this.ctx.node.incarnation,
      models: engine.models.map(({ name }) => name),
      holds: this.#held.refs,
    });
    this.ctx.pipe(
      offer.then(() => undefined),
      "offered",
      "missed",
    );
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
  }

  /** Tells the queue how a task ended, again and again while the lease is ours. */
  report({ lease, end, attempt }: Report): void {
    if (!this.#held.holds(lease)) return;
    const again = (): void => {
      const delayMs = backoffDelay(retry, attempt, this.ctx.random());
      this.ctx.after(delayMs, "report", { lease, end, attempt: attempt + 1 });
    };
    if (!this.#queue) {
      again();
      return;
    }
    const { ctx } = this;
    this.#tell(this.#queue, lease, end).then(
      () => ctx.send("reported", lease),
      () => again(),
    );
  }

  reported(lease: LeaseRef): void {
    this.#held.release(lease);
  }

  renew(): void {
    this.#held.lose(this.#held.expired(this.ctx.now()));
    const queue = this.#queue;
    if (!queue) return;
    const sent = this.#held.refs;
    const sentAtMs = this.ctx.now();
    const { ctx } = this;
    queue.heartbeat({ node: ctx.node.name, leases: sent }).then(
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

  async #work(engine: Ref<Engine>, lease: TaskLease, signal: AbortSignal): Promise<Ended> {
    try {
      return { lease: refOf(lease), end: { result: await repair(engine, lease, signal) } };
    } catch (error) {
      return { lease: refOf(lease), end: { failure: Failure.of(error) } };
    }
  }

  #tell(queue: Ref<Queue>, lease: LeaseRef, end: Ended["end"]): Promise<unknown> {
    const { name: node } = this.ctx.node;
    if ("result" in end) return queue.complete({ node, lease, result: end.result });
    return queue.fail({ node, lease, failure: taskFailureOf(end.failure) });
  }
}

async function repair(
  engine: Ref<Engine>,
  lease: TaskLease,
  signal: AbortSignal,
): Promise<TaskResult> {
  const image = fileOf(lease, "image");
  const mask = fileOf(lease, "mask");
  const options = repairOptionsOf(lease.parameters);
  const { bytes, contentType, width, height, format, figures } = await engine.$.with({
    signal,
  }).repair({ model: lease.model, image, mask, options, outputQuality });
  return {
    figures: { ...figures, width, height, format },
    files: [{ name: "image", contentType, bytes }],
  };
}

function fileOf(lease: TaskLease, name: string): Uint8Array {
  const file = lease.inputs.find((input) => input.name === name);
  if (file) return file.bytes;
  throw new Failure(
    "invalid",
    `task ${lease.taskId} has no input named ${name}; submit it with one`,
  );
}
