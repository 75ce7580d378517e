// The worker for pictures: runs its tasks in an engine, a process of its own, which it outlives.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { TaskLease, TaskResult } from "#protocols/tasks/task.ts";
import type { SupervisionSpec } from "#runtime/core/supervision.ts";
import type { TaskHandlers } from "#runtime/tasks/task-handler.ts";
import { TaskWorker } from "#runtime/tasks/task-worker.ts";
import type { WorkerTerms } from "#runtime/tasks/worker-messages.ts";
import { type Engine, EngineActor } from "./engine-actor.ts";
import type { EngineSpec } from "./engine-spec.ts";
import { repairOptionsOf } from "./inpaint-parameters.ts";

/** Of the tasks in its slots one runs, the next is decoded meanwhile. */
export interface InferenceArguments extends WorkerTerms {
  readonly engine: EngineSpec;
}

const outputQuality = 95;

export class InferenceActor extends TaskWorker<InferenceArguments> {
  static readonly supervise: SupervisionSpec = {
    strategy: "one-for-one",
    restartsMax: 20,
    withinMs: 60_000,
    backoff: { delayMsMin: 50, delayMsMax: 5_000, factor: 2, jitter: 0.2 },
  };
  static initial = (args: InferenceArguments): InferenceArguments => args;

  /** What is to be done depends on the model alone, whatever the type is called. */
  protected readonly handlers: TaskHandlers = {
    "*": (lease, { signal }) => repair(this.#running(), lease, signal),
  };
  #engine: Ref<Engine> | undefined;

  protected get models(): readonly string[] {
    return this.state.engine.models.map(({ name }) => name);
  }

  protected override async opened(): Promise<void> {
    this.#engine = this.ctx.spawn(EngineActor, this.state.engine, { name: "engine" });
    await this.ctx.started(this.#engine);
  }

  #running(): Ref<Engine> {
    if (this.#engine) return this.#engine;
    throw new Failure("internal", "tasks are handed out after start, so the engine is there");
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
