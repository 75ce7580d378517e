// The worker for pictures: runs its tasks by the models of its repository, each of which does what it is
// for. Their engines are processes of their own, which it outlives. It offers itself for those models
// that are warm and with the skills that come of them, and anew when they change.

import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { ServedCapability } from "#protocols/tasks/capability.ts";
import type { NodeSkill } from "#protocols/tasks/node-record.ts";
import type { HeldSkill } from "#protocols/tasks/skill-sight.ts";
import type { TaskLease, TaskResult } from "#protocols/tasks/task.ts";
import { JoinedSignal } from "#runtime/core/joined-signal.ts";
import type { SupervisionSpec } from "#runtime/core/supervision.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import type { TaskHandlers, TaskInHand } from "#runtime/tasks/task-handler.ts";
import { TaskWorker } from "#runtime/tasks/task-worker.ts";
import type { WorkerTerms } from "#runtime/tasks/worker-messages.ts";
import { engineClassFor } from "./engine-classes.ts";
import type { RunStage } from "./engine-messages.ts";
import type { RunReply, RunRequest } from "./engine-request.ts";
import { OfferedNames } from "./offered-names.ts";
import { offeredSkills } from "./offered-skills.ts";
import { EngineRoom } from "./repository/engine-room.ts";
import { MemoryBudget } from "./repository/memory-budget.ts";
import { ModelRepositoryActor } from "./repository/model-repository-actor.ts";
import { ModelScan } from "./repository/model-scan.ts";
import type { Serving } from "./repository/model-shelves.ts";
import type { Models, RepositoryArguments } from "./repository/models.ts";
import { ScaleBook } from "./repository/scale-book.ts";
import type { ServedTerms } from "./repository/served-version.ts";
import { ThreadBudget, type ThreadTerms } from "./repository/thread-budget.ts";
import { RunProgress } from "./run-progress.ts";

export interface RepositoryTerms {
  /** When models are loaded: all at the start, as ordered, or whenever their folders change. */
  readonly mode: "none" | "explicit" | "poll";
  /** Of a repository: each folder in it is a model. Null: there are none but `models`. */
  readonly root: string | null;
  /** Of the models in `root` only these. Default: all. */
  readonly only?: readonly string[];
  /** Of mode `explicit`: names of those that are loaded at the start. */
  readonly load: readonly string[];
  readonly pollMs: number;
}

/** Of the tasks in its slots one runs; the next is decoded and the last is encoded meanwhile. */
export interface InferenceArguments extends WorkerTerms {
  readonly models: readonly { readonly name: string; readonly folder: string }[];
  readonly repository: RepositoryTerms;
  readonly engine: ServedTerms["engine"];
  /** `kinds`: what its models are for are skills of its, beside `skills`; `said`: it has no others. Default: `kinds`. */
  readonly skillsFrom?: "kinds" | "said";
  /** Where models are looked for, and what runs them. Default: folders and processes of this machine. */
  readonly site?: Pick<RepositoryArguments, "look" | "engineClassFor">;
  /** Resident bytes of all engines together. Default: only each by itself is bounded. */
  readonly memoryBytesMax?: number;
  /** Default: each engine has the threads of `engine`, and any number of them may run. */
  readonly processors?: Omit<ThreadTerms, "slots">;
  /** Called with its figures at the start. Default: nobody is shown them. */
  readonly show?: (figures: () => FigureSource) => void;
}

/** Names in a line of the log; how many there are stands beside them. */
const namesToldMax = 8;

export class InferenceActor extends TaskWorker<InferenceArguments> {
  static readonly supervise: SupervisionSpec = {
    strategy: "one-for-one",
    restartsMax: 20,
    withinMs: 60_000,
    backoff: { delayMsMin: 50, delayMsMax: 5_000, factor: 2, jitter: 0.2 },
  };
  /** Engines are given 60 s each, and are started beside one another. */
  static readonly startTimeoutMs = 90_000;
  static initial = (args: InferenceArguments): InferenceArguments => args;

  /** What is to be done depends on the model; a type that names a kind of work goes to no other. */
  protected readonly handlers: TaskHandlers = {
    "*": (lease, inHand) => this.#run(lease, inHand),
  };
  readonly #names = new OfferedNames();
  #kinds: Serving["kinds"] = [];
  #skills: readonly NodeSkill[] = [];
  #models: Ref<Models> | undefined;

  protected get models(): readonly string[] {
    return this.#names.offered;
  }

  protected override get skills(): readonly HeldSkill[] {
    return this.#skills.map(({ skill, level }) => ({ skill, level }));
  }

  override served(): ServedCapability {
    return { ...super.served(), skills: [...this.#skills] };
  }

  /** Nobody is handed a task before the models are warm. */
  protected override async opened(): Promise<void> {
    const { models, repository, engine, memoryBytesMax = null, slots, show } = this.state;
    const unbounded = { processors: Number.POSITIVE_INFINITY, each: engine.threads };
    const { processors = unbounded } = this.state;
    const threads = new ThreadBudget({ ...processors, slots });
    const room = new EngineRoom(new MemoryBudget(memoryBytesMax), threads);
    const scales = new ScaleBook();
    const bounds = (): FigureSource["bounds"] =>
      [this.#names, room, scales].flatMap((one) => one.bounds);
    show?.(() => ({ bounds: bounds(), figures: scales.figures }));
    const { mode } = repository;
    const manifests = mode === "poll" ? "needed" : "welcome";
    const scan = new ModelScan({ ...repository, models, manifests });
    const { site = { look: () => scan.look(), engineClassFor } } = this.state;
    const args = {
      ...{ ...repository, ...site, engine, room, scales },
      changed: (serving: Serving) => this.#serve(serving),
    };
    this.#models = this.ctx.spawn(ModelRepositoryActor, args, { name: "models" });
    const names = await this.#models.settled();
    this.#use(names);
    if (names.length > 0 || mode !== "none") return;
    // One that is tried again by itself is offered when it is there.
    if ((await this.#models.awaited()).length > 0) return;
    const reasons = (await this.#models.index()).map(({ name, reason }) => `${name}: ${reason}`);
    throw new Failure("model_failed", `no model can be used: ${reasons.join("; ")}`);
  }

  async #run(lease: TaskLease, { signal, progress }: TaskInHand): Promise<TaskResult> {
    const { ctx } = this;
    const run = new JoinedSignal([signal]);
    const told = new RunProgress({
      tell: ({ share, message }) => progress(share, { message }),
      rest: (ms) => ctx.sleep(ms, run.signal),
    });
    const repository = this.#repository().$.with({ signal });
    try {
      return await resultOf(repository.run(requestOf(lease, (stage) => told.told(stage))));
    } finally {
      run.abort();
    }
  }

  #serve({ names, kinds }: Serving): void {
    this.#kinds = kinds;
    this.#use(names);
    this.ctx.send("offerAgain");
  }

  #use(names: readonly string[]): void {
    const leftOut = this.#names.serve(names);
    const { skills: said = [], skillsFrom = "kinds" } = this.state;
    const kinds = skillsFrom === "kinds" ? this.#kinds : [];
    this.#skills = offeredSkills({ said, kinds, nowMs: this.ctx.wall() });
    if (leftOut.length === 0) return;
    const told = leftOut.slice(0, namesToldMax).join(", ");
    const text = `names that an offer has no room for are not offered: ${told}`;
    this.ctx.log("warn", text, { leftOut: leftOut.length, offered: this.#names.offered.length });
  }

  #repository(): Ref<Models> {
    if (this.#models) return this.#models;
    throw new Failure("internal", "tasks are handed out after start, so the repository is there");
  }
}

function requestOf(
  { attempt, model, type, inputs: files, parameters, timeoutMs, priority }: TaskLease,
  told: (stage: RunStage) => void,
): RunRequest {
  const until = timeoutMs === null ? {} : { withinMs: timeoutMs };
  const rank = priority === undefined ? {} : { priority };
  const anew = attempt > 1 ? { isRetried: true as const } : {};
  return { model, type, files, parameters, ...rank, ...until, ...anew, told };
}

async function resultOf(reply: Promise<RunReply>): Promise<TaskResult> {
  const { files, figures, times } = await reply;
  const { runs: _, ...told } = times;
  return { figures: { ...told, ...figures }, files };
}
