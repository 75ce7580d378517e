// A worker with handlers that heed nobody: one waits on, one computes on. The rest is done at once.
import { setTimeout as nap } from "node:timers/promises";
import { type TaskHandlers, TaskWorker, type WorkerTerms } from "#runtime/index.ts";

export default class DeafWorker extends TaskWorker {
  static initial = (args: WorkerTerms): WorkerTerms => args;

  protected readonly handlers: TaskHandlers = {
    wait: async () => {
      await nap(3_600_000, undefined, { ref: false });
      return { figures: {}, files: [] };
    },
    spin: () => {
      const endMs = performance.now() + 3_600_000;
      while (performance.now() < endMs);
      return { figures: {}, files: [] };
    },
    nap: ({ attempt }) => ({ figures: { attempt }, files: [] }),
  };

  protected get models(): readonly string[] {
    return ["nap"];
  }
}
