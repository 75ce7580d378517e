// One history on one store: workers that claim, beat, die and come back; users; time. Each answer is
// kept in words that are the same for every store: ids by the order of their appearance, times from
// the store's beginning.
import { Failure } from "#protocols/failure.ts";
import type { Reached } from "#protocols/tasks/reached.ts";
import type { LeaseRef, TaskLease, TaskSubmission } from "#protocols/tasks/task.ts";
import type { ContractStore } from "./contract-store.ts";
import { type HistoryCommand, queueNames, workersCount } from "./history-commands.ts";
import { PlainAnswers } from "./plain-answers.ts";
import { emptyResult, noJitter, refOf, someTask } from "./task-samples.ts";

export class HistoryRun {
  readonly #store: ContractStore;
  readonly #plain: PlainAnswers;
  readonly #answers: string[] = [];
  readonly #tasks: string[] = [];
  readonly #questions: string[] = [];
  /** What each worker believes to hold. */
  readonly #held: TaskLease[][] = Array.from({ length: workersCount }, () => []);
  readonly #given: TaskLease[] = [];
  readonly #incarnations = Array.from({ length: workersCount }, () => 1);

  private constructor(store: ContractStore, plain: PlainAnswers) {
    this.#store = store;
    this.#plain = plain;
  }

  /** The answers, one a command, and at last all that the store then shows. */
  static async of(
    store: ContractStore,
    history: readonly HistoryCommand[],
  ): Promise<readonly string[]> {
    const startMs = await store.nowMs();
    const run = new HistoryRun(store, new PlainAnswers(startMs));
    await run.#prepare();
    for (const command of history) await run.#step(command);
    await run.#lookAtAll();
    return run.#answers;
  }

  /** No chance in retries, for every store has its own ids, which that would be drawn from. */
  async #prepare(): Promise<void> {
    const retry = { ...noJitter, baseMs: 10_000 };
    for (const queue of queueNames) await this.#store.setQueue({ queue, retry, leaseMs });
    const narrow = { pendingMax: 3, whenFull: "evict_lowest", agingMsPerLevel: 60_000 } as const;
    await this.#store.setQueue({ queue: "narrow", ...narrow, perUserMax: 3 });
    await this.#store.setQueue({ queue: "fair", fairMs: 7_000, completedTtlMs: 60_000 });
  }

  async #step(command: HistoryCommand): Promise<void> {
    const answer = await this.#perform(command).catch((error: unknown) => {
      if (error instanceof Failure) return { failed: error.code };
      throw error;
    });
    const name = `${this.#answers.length} ${command.kind}`;
    this.#answers.push(`${name}: ${this.#plain.text(answer)}`);
  }

  async #perform(command: HistoryCommand): Promise<unknown> {
    switch (command.kind) {
      case "submit":
        return this.#submit(command);
      case "claim":
        return this.#claim(command);
      case "complete":
      case "release":
      case "fail":
      case "progress":
      case "ask":
        return this.#work(command);
      case "answer":
        return this.#answer(command);
      case "zombie":
        return this.#zombie(command);
      case "cancel":
      case "look":
        return this.#onTask(command);
      default:
        return this.#upkeep(command);
    }
  }

  async #submit(command: Extract<HistoryCommand, { kind: "submit" }>): Promise<unknown> {
    const { maxRetries, isEvictable, key } = command;
    // Of most keys the content is always the same, so that a repetition is one.
    const isFixed = key !== undefined && key > 0;
    const { queue, model, priority, size } = isFixed ? keyedContent : command;
    // Some are of steps: theirs are those that name them as their parent.
    const type = isFixed ? "inpaint" : command.type;
    const parentId = picked(this.#tasks, command.parent);
    const submission: TaskSubmission = {
      ...someTask({ type, queue, model, priority, maxRetries, isEvictable }),
      parameters: { text: "x".repeat(size) },
      ...(command.userId !== undefined && { userId: command.userId }),
      ...(command.key !== undefined && { idempotencyKey: `key-${command.key}` }),
      ...(command.parent !== undefined && parentId !== undefined && { parentId }),
      ...(command.delayMs !== undefined && {
        runAt: (await this.#store.nowMs()) + command.delayMs,
      }),
      ...(command.deadlineMs !== undefined && { deadlineMs: command.deadlineMs }),
      ...(command.queueDeadlineMs !== undefined && { queueDeadlineMs: command.queueDeadlineMs }),
      ...(command.timeoutMs !== undefined && { timeoutMs: command.timeoutMs }),
      ...(command.tag !== undefined && { affinityTags: [command.tag] }),
    };
    const result = await this.#store.submit(submission);
    if (result.kind === "created") {
      this.#tasks.push(result.taskId);
      this.#plain.name(result.taskId, "task");
    }
    // The level is the store's own.
    return "ack" in result ? { ...result, ack: "reached" } : result;
  }

  async #claim({ worker, max, tag }: Extract<HistoryCommand, { kind: "claim" }>): Promise<unknown> {
    const leases = await this.#store.claim({
      node: nodeOf(worker),
      incarnation: this.#incarnations[worker] ?? 1,
      queues: queueNames,
      models: worker === 0 ? ["lama"] : ["lama", "mat"],
      tags: [tag],
      max,
    });
    this.#held[worker]?.push(...leases);
    this.#given.push(...leases);
    return leases;
  }

  async #work(
    command: Extract<
      HistoryCommand,
      { kind: "complete" | "release" | "fail" | "progress" | "ask" }
    >,
  ): Promise<unknown> {
    const busy = this.#held.filter((leases) => leases.length > 0);
    const held = picked(busy, command.worker) ?? [];
    const lease = picked(held, command.pick);
    if (!lease) return "holds none";
    const ref = refOf(lease);
    if (command.kind === "progress") {
      const checkpoint = Uint8Array.of(command.pick % 256);
      const report = { lease: ref, progress: command.progress, message: null };
      return this.#store.progress(command.pick % 2 === 0 ? { ...report, checkpoint } : report);
    }
    const isOver = command.kind !== "ask" || command.mode === "park";
    if (isOver) held.splice(held.indexOf(lease), 1);
    if (command.kind === "ask") return this.#ask(ref, command);
    const reached = reachedBy(command.pick);
    if (command.kind === "fail") {
      return this.#store.fail(ref, { class: command.class }, reached);
    }
    if (command.kind === "release") return this.#store.release(ref);
    return this.#store.complete(ref, emptyResult, reached);
  }

  async #ask(
    lease: LeaseRef,
    { step, mode, onTimeout }: Extract<HistoryCommand, { kind: "ask" }>,
  ): Promise<unknown> {
    // Each its own: of questions that are due in one millisecond no store promises an order.
    const expiresMs = 20_000 + this.#questions.length;
    const asked = await this.#store.confirmRequest({
      ...{ lease, step, mode, onTimeout, userId: "ada", stepResult: { step } },
      ...{ expiresMs, checkpoint: null },
    });
    if (asked.kind === "asked" && !this.#questions.includes(asked.callbackId)) {
      this.#questions.push(asked.callbackId);
      this.#plain.name(asked.callbackId, "question");
    }
    return asked;
  }

  async #answer(command: Extract<HistoryCommand, { kind: "answer" }>): Promise<unknown> {
    const callbackId = picked(this.#questions, command.pick);
    if (callbackId === undefined) return "nothing asked";
    const { decision } = command;
    return this.#store.confirmAnswer({ callbackId, decision, userId: "ada", feedback: null });
  }

  async #zombie({ pick, act }: Extract<HistoryCommand, { kind: "zombie" }>): Promise<unknown> {
    const lease = picked(this.#given, pick);
    if (!lease) return "never claimed";
    const reached = reachedBy(pick);
    if (act === "complete") return this.#store.complete(lease, emptyResult, reached);
    return act === "fail" ? this.#store.fail(lease, {}, reached) : this.#store.release(lease);
  }

  async #onTask({ kind, pick }: Extract<HistoryCommand, { kind: "cancel" | "look" }>) {
    const taskId = picked(this.#tasks, pick);
    if (taskId === undefined) return "no task";
    if (kind === "cancel") return this.#store.cancel(taskId);
    const events = await this.#store.eventTypes(`task:${taskId}`);
    return [
      await this.#store.view(taskId),
      await this.#store.outcome(taskId),
      await this.#store.result(taskId),
      events,
    ];
  }

  async #upkeep(
    command: Extract<
      HistoryCommand,
      { kind: "beat" | "kill" | "releaseNode" | "pass" | "sweep" | "settings" | "reopen" }
    >,
  ): Promise<unknown> {
    switch (command.kind) {
      case "beat":
        return this.#beat(command.worker);
      case "kill":
        this.#held[command.worker] = [];
        this.#incarnations[command.worker] = (this.#incarnations[command.worker] ?? 0) + 1;
        return "killed";
      case "releaseNode": {
        const kept = (this.#held[command.worker] ?? []).slice(0, command.keeps);
        const report = await this.#store.releaseNode(nodeOf(command.worker), kept);
        return { ...report, ended: report.ended.map((id) => this.#plain.text(id)).toSorted() };
      }
      case "pass":
        await this.#store.pass(command.ms);
        return "passed";
      case "sweep": {
        const ended = await this.#store.sweepAll();
        const names = ended.map((id) => this.#plain.text(id)).toSorted();
        return [names, await this.#store.sweep(), await this.#store.counts()];
      }
      case "settings": {
        const { kind: _kind, ...settings } = command;
        return this.#store.setQueue(settings);
      }
      case "reopen":
        await this.#store.reopen();
        return "opened again";
    }
  }

  async #beat(worker: number): Promise<unknown> {
    const held = this.#held[worker] ?? [];
    const leases = held.map(refOf);
    const beat = await this.#store.heartbeat({ node: nodeOf(worker), leases, leaseMs });
    const lost = new Set(beat.lost.map(({ fence }) => fence));
    this.#held[worker] = held.filter(({ fence }) => !lost.has(fence));
    return beat;
  }

  async #lookAtAll(): Promise<void> {
    await this.#store.sweepAll();
    const parts = {
      tasks: (await this.#store.list({ limit: 1_000 })).tasks,
      queues: await this.#store.queues(),
      counts: await this.#store.counts(),
      // Those of one moment come as each store likes.
      questions: (await this.#store.confirmations(null))
        .map(({ callbackId, ...question }) => [this.#plain.text(callbackId), question])
        .toSorted(),
    };
    for (const [name, part] of Object.entries(parts)) {
      this.#answers.push(`${name} at last: ${this.#plain.text(part)}`);
    }
    for (const taskId of this.#tasks) {
      const events = await this.#store.eventTypes(`task:${taskId}`);
      this.#answers.push(`${this.#plain.text(taskId)} at last: ${events}`);
    }
  }
}

const leaseMs = 20_000;
const keyedContent = { queue: "default", model: "lama", priority: 4, size: 1 } as const;

const nodeOf = (worker: number): string => `worker-${worker}`;

const picked = <T>(values: readonly T[], pick: number | undefined): T | undefined =>
  pick === undefined ? undefined : values[pick % Math.max(values.length, 1)];

/** Of every third attempt that ends nothing was said. */
function reachedBy(pick: number): Reached | undefined {
  if (pick % 3 === 0) return undefined;
  const reached = { progress: (pick % 8) / 8, message: `step ${pick}` };
  return pick % 3 === 1 ? reached : { ...reached, checkpoint: Uint8Array.of(pick % 256) };
}
