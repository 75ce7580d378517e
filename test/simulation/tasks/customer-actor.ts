// The clients of a simulated cluster: each order is submitted until somebody says that it is stored, is
// waited for, and perhaps cancelled meanwhile. Whoever hears nothing, or that it may have happened, asks
// again with the same key.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import {
  type Ack,
  ack,
  ask,
  type Deferred,
  type Handlers,
  protocol,
  tell,
} from "#protocols/protocol.ts";
import { Confirmations, confirmationsName } from "#protocols/tasks/confirmations.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { TaskOutcome, TaskSubmission } from "#protocols/tasks/task.ts";
import { Actor } from "#runtime/core/actor.ts";
import { digestsOf, sha256Of } from "./order-files.ts";
import { recordFact, recordSight, type TaskFacts } from "./task-facts.ts";
import { siteKey } from "./task-site.ts";

export interface Order {
  readonly submission: TaskSubmission;
  /** Not before so many milliseconds have passed. */
  readonly delayMs: number;
  /** Milliseconds after it was stored; null: it is not. */
  readonly cancelAfterMs: number | null;
}

export interface Customer {
  order(order: Order): void;
  /** A person answers the oldest open questions. */
  answer(decision: "proceed" | "reject"): void;
  /** Orders that are not done. */
  open(): number;
  /** By channel the number of the last event that was heard on this node. */
  heard(): readonly (readonly [channel: string, seq: number])[];
  /** Answers so much later. */
  wait(ms: number): Ack;
}
export const Customer = protocol<Customer>("simulation.Customer@1", {
  order: tell,
  answer: tell,
  open: ask(),
  heard: ask(),
  wait: ask(),
});

interface Own {
  done(): void;
}

const within = { within: 2_000 };
const outcomeWithin = { within: 5_000 };
const againMs = { min: 100, max: 600 };
/** Asking again is of no use. */
const final: ReadonlySet<FailureCode> = new Set(["invalid", "conflict"]);
/** A queue that is full is asked so often. */
const fullMax = 4;

export class CustomerActor
  extends Actor<Customer, number, Own>
  implements Handlers<Customer & Own>
{
  static readonly protocol = Customer;
  static initial = (): number => 0;

  order(order: Order): void {
    this.state += 1;
    this.ctx.use(siteKey).begin();
    this.ctx.pipe(this.#serve(order), "done");
  }

  done(): void {
    this.state -= 1;
    this.ctx.use(siteKey).end();
  }

  open(): number {
    return this.state;
  }

  heard(): readonly (readonly [string, number])[] {
    return [...this.ctx.use(siteKey).followed];
  }

  wait(ms: number): Deferred<Ack> {
    return this.ctx.defer(this.ctx.sleep(ms).then(() => ack));
  }

  answer(decision: "proceed" | "reject"): void {
    this.#answer(decision).catch((error: unknown) => this.#refused("answer", error));
  }

  async #serve({ submission, delayMs, cancelAfterMs }: Order): Promise<void> {
    const runAt = delayMs === 0 ? {} : { runAt: Math.round(this.ctx.wall() + delayMs) };
    const taskId = await this.#submit({ ...submission, ...runAt });
    if (taskId === undefined) return;
    const { idempotencyKey: key = null } = submission;
    const files = digestsOf(submission.inputs);
    recordFact(this.#host, "acknowledged", { key, taskId, files });
    this.ctx.use(siteKey).taskIds.push(taskId);
    // Wishes go no further than this life.
    if (cancelAfterMs !== null) this.#cancel(taskId, cancelAfterMs).catch(() => {});
    await this.#await(taskId);
  }

  /** The task's id; undefined when it was refused for good, or nobody knows. */
  async #submit(submission: TaskSubmission): Promise<string | undefined> {
    for (let full = 0; full < fullMax; ) {
      try {
        const receipt = await (await this.#queue()).$.with(within).submit(submission);
        if (receipt.isReplay) recordSight(this.#host, "submitted again");
        return receipt.taskId;
      } catch (error) {
        const { code } = this.#refused("submit", error);
        if (final.has(code)) return undefined;
        if (code === "queue_full") full += 1;
        else if (submission.idempotencyKey === undefined) return undefined;
        await this.#pause();
      }
    }
    return undefined;
  }

  async #await(taskId: string): Promise<void> {
    for (;;) {
      try {
        const outcome = await (await this.#queue()).$.with(outcomeWithin).outcome(taskId);
        recordFact(this.#host, "outcome", toldOf(outcome));
        return;
      } catch (error) {
        const { code } = this.#refused("outcome", error);
        if (code === "not_found" || code === "gone") {
          recordFact(this.#host, "gone", { taskId });
          return;
        }
        await this.#pause();
      }
    }
  }

  async #cancel(taskId: string, afterMs: number): Promise<void> {
    await this.ctx.sleep(afterMs);
    for (;;) {
      try {
        const order = { taskId, reason: "no longer wanted" };
        const { kind } = await (await this.#queue()).$.with(within).cancel(order);
        recordSight(this.#host, `cancel ${kind}`);
        recordFact(this.#host, "cancelled", { taskId, kind });
        return;
      } catch (error) {
        this.#refused("cancel", error);
        await this.#pause();
      }
    }
  }

  async #answer(decision: "proceed" | "reject"): Promise<void> {
    const found = await this.ctx.lookup(Confirmations, confirmationsName, within);
    const people = found.$.with(within);
    for (const { callbackId, taskId } of await people.open({ userId: "someone", limit: 3 })) {
      const answer = { callbackId, userId: "someone", decision, feedback: null };
      const { kind } = await people.answer(answer);
      recordSight(this.#host, `answer ${kind}`);
      if (kind === "answered") recordFact(this.#host, "answered", { taskId, decision });
    }
  }

  get #host() {
    return this.ctx.use(siteKey).host;
  }

  /** Without one, no answer is about a task. */
  #queue(): Promise<Ref<Queue>> {
    return this.ctx.lookup(Queue, "queue", within).catch((error: unknown) => {
      throw new Failure("unavailable", `no queue: ${Failure.of(error).detail}`);
    });
  }

  #refused(what: string, error: unknown): Failure {
    const failure = Failure.of(error);
    recordSight(this.#host, `${what} refused ${failure.code}`);
    return failure;
  }

  #pause(): Promise<void> {
    const { min, max } = againMs;
    return this.ctx.sleep(min + (max - min) * this.ctx.random());
  }
}

/** All that was told of the end. */
export function toldOf(outcome: TaskOutcome): TaskFacts["outcome"] {
  const { taskId, attempt, status } = outcome;
  const files = outcome.status === "completed" ? digestsOf(outcome.result.files) : [];
  const rest = outcome.status === "completed" ? files : [outcome.code, outcome.detail];
  const digest = sha256Of(JSON.stringify([taskId, attempt, status, rest]));
  return { taskId, status, digest, files };
}
