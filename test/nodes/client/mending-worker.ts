// A worker that a program outside of the topology brings along.
import { startNodeClient } from "#nodes/client/index.ts";
import { type TaskHandlers, TaskWorker } from "#runtime/index.ts";

class MendingWorker extends TaskWorker {
  static initial = <S>(args: S): S => args;

  protected readonly handlers: TaskHandlers = {
    mend: ({ parameters }) => {
      const { incarnation, name } = this.ctx.node;
      return { figures: { mended: String(parameters.what), name, incarnation }, files: [] };
    },
  };

  protected get models(): readonly string[] {
    return ["mender"];
  }
}

export const startMender = (director: string) =>
  startNodeClient({
    ...{ node: "mender", director, slots: 1 },
    joined: ({ system }) => void system.spawn(MendingWorker, { slots: 1 }, { name: "worker" }),
  });
