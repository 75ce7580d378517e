// A worker whose tasks take as long as they are told, for clusters that grow and shrink with their load.
import { setTimeout as nap } from "node:timers/promises";
import { type TaskHandlers, TaskWorker } from "#runtime/index.ts";

export default class NappingWorker extends TaskWorker {
  static initial = <S>(args: S): S => args;

  protected readonly handlers: TaskHandlers = {
    nap: async ({ attempt, parameters }, { signal }) => {
      await nap(Number(parameters["ms"]), undefined, { signal });
      return { figures: { attempt }, files: [] };
    },
  };

  protected get models(): readonly string[] {
    return ["nap"];
  }
}
