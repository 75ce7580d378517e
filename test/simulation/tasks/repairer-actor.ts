// The worker of a simulated cluster: the real one, whose handler does with a task what the task's
// parameters say: how long it takes, how its attempts fail, and what it asks people. Beside it some tasks
// stray: their lease is not held, the worker goes on alone with it, and reports (or asks, or fails, as the task
// says) when another may hold the task long since.
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import type { TaskLease, TaskResult } from "#protocols/tasks/task.ts";
import { isYes, Parked } from "#runtime/tasks/ask-person.ts";
import { refOf } from "#runtime/tasks/held-leases.ts";
import type { TaskHandlers, TaskInHand } from "#runtime/tasks/task-handler.ts";
import { TaskWorker } from "#runtime/tasks/task-worker.ts";
import type { WorkerMessages, WorkerTerms } from "#runtime/tasks/worker-messages.ts";
import { isLateWord, tellLate } from "./late-words.ts";
import { digestsOf, filesOf } from "./order-files.ts";
import { questionOf } from "./planned-question.ts";
import { recordFact, recordSight } from "./task-facts.ts";
import { untakenMs } from "./task-rules.ts";
import { siteKey } from "./task-site.ts";

type Told<M extends keyof WorkerMessages> = Parameters<WorkerMessages[M]>[0];

/** Of the asks of who strays. */
const within = { within: 2_000 };
/** An attempt after the first takes no longer, so that every task has ended soon after all is well. */
const againMsMax = 300;
/** So long a handler has to return that was told to stop; some take longer, and their worker begins anew. */
const graceMs = 800;
const deafMs = 3_000;
/** A worker that works shows it so often. */
const showEveryMs = 400;

export class RepairerActor extends TaskWorker {
  static initial = (args: WorkerTerms): WorkerTerms => ({ ...args, graceMs });

  protected readonly handlers: TaskHandlers = {
    repair: (task, inHand) => this.#repair(task, inHand),
  };
  /** Of the attempts that are in hand. */
  readonly #signals = new Set<AbortSignal>();
  #isRenewing = false;

  protected get models(): readonly string[] {
    return ["lama"];
  }

  override run(lease: TaskLease): void {
    const grantedAtMs = lease.grantedAtMs ?? Number.POSITIVE_INFINITY;
    if (this.ctx.now() - grantedAtMs >= untakenMs) recordSight(this.#host, "late lease");
    if (lease.attempt > 1 || !(Number(lease.parameters.strayMs) > 0)) super.run(lease);
    // It goes no further than this life.
    else this.#astray(lease);
  }

  override report(report: Told<"report">): void {
    const { taskId, fence } = report.lease;
    recordFact(this.#host, "reports", { taskId, fence });
    super.report(report);
  }

  override reported(reported: Told<"reported">): void {
    const { lease, kind } = reported;
    if (kind === "committed") this.#committed(lease);
    super.reported(reported);
  }

  override renew(): void {
    if (this.#isRenewing) recordSight(this.#host, "not renewed");
    this.#isRenewing = this.#signals.size > 0;
    const before = this.#working;
    super.renew();
    if (this.#working < before) recordSight(this.#host, "fenced itself");
  }

  override renewed(renewed: Told<"renewed">): void {
    this.#isRenewing = false;
    if (renewed.answer.lost.length > 0) recordSight(this.#host, "heard of a lost lease");
    super.renewed(renewed);
  }

  get #host() {
    return this.ctx.use(siteKey).host;
  }

  get #working(): number {
    return [...this.#signals].filter(({ aborted }) => !aborted).length;
  }

  async #repair(task: TaskLease, inHand: TaskInHand): Promise<TaskResult> {
    const { taskId, fence } = task;
    recordFact(this.#host, "took", { taskId, fence });
    this.#handed(task);
    this.#signals.add(inHand.signal);
    try {
      return await this.#work(task, inHand);
    } catch (cause) {
      if (inHand.signal.aborted && isDeaf(task)) await this.#goOn();
      throw cause;
    } finally {
      this.#signals.delete(inHand.signal);
    }
  }

  /** What it does counts for nothing any more, but it does not return. */
  async #goOn(): Promise<void> {
    recordSight(this.#host, "unheeded signal");
    await this.ctx.sleep(deafMs);
  }

  async #work(task: TaskLease, inHand: TaskInHand): Promise<TaskResult> {
    const { taskId, fence, parameters, attempt } = task;
    const runMs = Math.min(Number(parameters.runMs), attempt === 1 ? Infinity : againMsMax);
    for (let leftMs = runMs; leftMs > 0; leftMs -= showEveryMs) {
      recordFact(this.#host, "works", { taskId, fence });
      await this.ctx.sleep(Math.min(leftMs, showEveryMs), inHand.signal);
    }
    const code = String(parameters.fails ?? "").split(",")[attempt - 1];
    if (code) throw failureLike(code, `attempt ${attempt} of ${taskId} was to fail`);
    if (parameters.asks && !(await this.#isAllowed(task, inHand))) {
      throw new Failure("invalid", `${taskId} was rejected`);
    }
    return this.#made(task);
  }

  #handed({ taskId, fence, inputs }: TaskLease): void {
    recordFact(this.#host, "handed", { taskId, fence, files: digestsOf(inputs) });
  }

  #made({ taskId, fence, attempt }: TaskLease): TaskResult {
    const files = filesOf(`${taskId} ${fence}`, fence);
    recordFact(this.#host, "made", { taskId, fence, files: digestsOf(files) });
    return { figures: { fence, attempt }, files };
  }

  async #isAllowed(task: TaskLease, { confirm }: TaskInHand): Promise<boolean> {
    const { taskId, fence, parameters } = task;
    const question = questionOf(parameters);
    recordFact(this.#host, "asks", { taskId, onTimeout: question.onTimeout });
    try {
      const { decision } = await confirm(question);
      recordFact(this.#host, "decided", { taskId, decision });
      return isYes(decision);
    } catch (cause) {
      if (cause instanceof Parked) recordFact(this.#host, "parked", { taskId, fence });
      throw cause;
    }
  }

  #committed({ taskId, fence }: Pick<TaskLease, "taskId" | "fence">): void {
    recordFact(this.#host, "committed", { taskId, fence });
  }

  #astray(lease: TaskLease): void {
    const site = this.ctx.use(siteKey);
    site.begin();
    this.#handed(lease);
    this.#stray(lease)
      .catch(() => {})
      .finally(() => site.end());
  }

  /** Heeds nobody, and reports late. */
  async #stray(lease: TaskLease): Promise<void> {
    await this.ctx.sleep(Number(lease.parameters.strayMs));
    const { strayAs } = lease.parameters;
    if (isLateWord(strayAs)) {
      const kind = await tellLate(this.ctx, { lease, as: strayAs, host: this.#host });
      recordSight(this.#host, `late ${strayAs} ${kind}`);
    } else await this.#commitLate(lease);
  }

  async #commitLate(lease: TaskLease): Promise<void> {
    const queue = await this.ctx.lookup(Queue, "queue", within);
    const { name: node } = this.ctx.node;
    const report = { node, lease: refOf(lease), result: this.#made(lease) };
    const { kind } = await queue.$.with(within).complete(report);
    recordSight(this.#host, `late commit ${kind}`);
    if (kind === "committed") this.#committed(lease);
  }
}

/** One task in four, whatever else it is told. */
const isDeaf = ({ parameters }: TaskLease): boolean => Number(parameters.runMs) % 4 === 3;

const codes: Readonly<Record<string, FailureCode>> = {
  network: "link_full",
  resource: "engine_lost",
  model: "model_failed",
  timeout: "timeout",
  validation: "bad_image",
};

const failureLike = (failureClass: string, text: string): Failure =>
  new Failure(codes[failureClass] ?? "internal", text);
