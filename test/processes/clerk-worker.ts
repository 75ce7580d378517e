// A worker of one's own, as a topology names it: each letter is sent off as a person says.
import { type TaskHandlers, TaskWorker } from "#runtime/index.ts";

export default class ClerkWorker extends TaskWorker {
  static initial = <S>(args: S): S => args;

  protected readonly handlers: TaskHandlers = {
    letter: async ({ attempt, checkpoint }, { confirm }) => {
      const { decision, feedback } = await confirm({
        ...{ step: 0, userId: "zoe", stepResult: { message: "Send it?" } },
        ...{ expiresMs: 600_000, onTimeout: "reject", checkpoint: Buffer.from("sealed") },
      });
      const letter = Buffer.from(checkpoint ?? []).toString();
      return { figures: { attempt, decision, feedback, letter }, files: [] };
    },
  };

  protected get models(): readonly string[] {
    return ["clerk"];
  }
}
