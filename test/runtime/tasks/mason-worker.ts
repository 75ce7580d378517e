// A worker for a thread of its own, found by its file: it answers what it was given, and may compute for ever.
import type { TaskHandlers } from "#runtime/tasks/task-handler.ts";
import { TaskWorker } from "#runtime/tasks/task-worker.ts";
import type { WorkerTerms } from "#runtime/tasks/worker-messages.ts";

export default class MasonWorker extends TaskWorker {
  static initial = (args: WorkerTerms): WorkerTerms => args;

  protected readonly models = ["mason"];
  protected readonly handlers: TaskHandlers = {
    carve: async ({ inputs, parameters }, { signal }) => {
      await this.ctx.sleep(Number(parameters["ms"]), signal);
      return { figures: { node: this.ctx.node.name }, files: inputs };
    },
    spin: ({ attempt }) => {
      if (attempt === 1) for (;;);
      return { figures: { attempt }, files: [] };
    },
  };
}
