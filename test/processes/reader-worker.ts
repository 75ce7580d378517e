// A worker of one's own that says where it ran, whose model fails at the first attempt if asked to, and who
// takes its time over a book.
import { setTimeout as read } from "node:timers/promises";
import { Failure } from "#protocols/index.ts";
import { type TaskHandlers, TaskWorker } from "#runtime/index.ts";

export default class ReaderWorker extends TaskWorker {
  static initial = <S>(args: S): S => args;

  protected readonly handlers: TaskHandlers = {
    read: async ({ attempt }) => ({ figures: { node: this.ctx.node.name, attempt }, files: [] }),
    study: async (_, { signal }) => {
      await read(600_000, undefined, { signal });
      return { figures: {}, files: [] };
    },
    stumble: async ({ attempt }) => {
      if (attempt === 1) throw new Failure("model_failed", "the model knows no such letter");
      return { figures: { node: this.ctx.node.name, attempt }, files: [] };
    },
  };

  protected get models(): readonly string[] {
    return ["reader"];
  }
}
