// A node's process whose node does nothing, run by the real session. Argument: behaviour.

import { LeaveWish } from "#nodes/launch/leave-wish.ts";
import { runNodeSession } from "#nodes/launch/node-session.ts";
import { Failure } from "#protocols/failure.ts";

const [, , behaviour] = process.argv;
const say = (line: string): void => console.log(line);

// Stands for the sockets of a node, which keep its process alive.
setInterval(() => undefined, 60_000);

const exitCode = await runNodeSession({
  drainTimeoutMs: 1_000,
  say,
  run: async () => {
    if (behaviour === "refuses") throw new Failure("invalid", "no such model");
    const failed = new Promise<Failure>((resolve) => {
      if (behaviour === "fails") setTimeout(() => resolve(new Failure("store_failed", "disk")), 20);
    });
    return {
      leaving: new LeaveWish().told,
      ready: { url: "http://127.0.0.1:1" },
      failed,
      drain: async () => say("drains"),
      stop: async () => {
        say("stops");
        if (behaviour === "hangs")
          await new Promise<void>((resolve) => setTimeout(resolve, 60_000));
      },
    };
  },
});
process.exit(exitCode);
