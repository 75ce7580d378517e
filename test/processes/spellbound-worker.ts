// A worker that says where and in which attempt a task was done; some hold the first attempt for ever.
import { setTimeout as nap } from "node:timers/promises";
import { type TaskHandlers, TaskWorker, type WorkerTerms } from "#runtime/index.ts";

const hourMs = 3_600_000;

export default class SpellboundWorker extends TaskWorker {
  static initial = (args: WorkerTerms): WorkerTerms => args;

  protected readonly handlers: TaskHandlers = {
    nap: async ({ attempt, parameters }, { signal }) => {
      await nap(Number(parameters["ms"]), undefined, { signal });
      return this.#done(attempt);
    },
    waitOnce: async ({ attempt }, { signal }) => {
      if (attempt === 1) await nap(hourMs, undefined, { signal, ref: false });
      return this.#done(attempt);
    },
    spinOnce: ({ attempt }) => {
      const endMs = performance.now() + (attempt === 1 ? hourMs : 0);
      while (performance.now() < endMs);
      return this.#done(attempt);
    },
  };

  protected get models(): readonly string[] {
    return ["spell"];
  }

  #done(attempt: number) {
    return { figures: { node: this.ctx.node.name, attempt }, files: [] };
  }
}
