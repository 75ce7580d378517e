// A worker whose tasks go on from where the attempt before them left off, and say how far they are.
import { setTimeout as nap } from "node:timers/promises";
import { Failure } from "#protocols/failure.ts";
import { type TaskHandlers, TaskWorker } from "#runtime/index.ts";

const stages = 9;
const stageMs = 100;
/** More than a checkpoint may have. */
const luggageBytes = 33 * 1024 * 1024;

export default class WalkingWorker extends TaskWorker {
  static initial = <S>(args: S): S => args;

  protected readonly handlers: TaskHandlers = {
    walk: async ({ attempt, checkpoint }, { progress }) => {
      if (attempt > 1) {
        progress(1, { message: "there" });
        const from = checkpoint === null ? "the start" : Buffer.from(checkpoint).toString();
        return { figures: { from }, files: [] };
      }
      for (let stage = 1; stage <= stages; stage += 1) {
        progress(stage / 10, { checkpoint: Buffer.from(`stage ${stage}`) });
        await nap(stageMs);
      }
      throw new Failure("unavailable", "the bridge is up");
    },
    haul: (_, { progress }) => {
      progress(0.5, { checkpoint: new Uint8Array(luggageBytes) });
      return { figures: {}, files: [] };
    },
  };

  protected get models(): readonly string[] {
    return ["walk"];
  }
}
