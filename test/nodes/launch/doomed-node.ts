// The process of a real node with one actor that cannot start. Its session ends it.
import { LeaveWish } from "#nodes/launch/leave-wish.ts";
import { runNodeSession } from "#nodes/launch/node-session.ts";
import { protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { startSystem } from "#runtime/start-system.ts";

class DoomedActor extends Actor<unknown> {
  // biome-ignore lint/complexity/noBannedTypes: it understands no message.
  static readonly protocol = protocol<{}>("test.Doomed@1", {});
  override start(): void {
    console.log("begins");
    throw new Error("no ground to stand on");
  }
}

class BystanderActor extends Actor<unknown> {
  // biome-ignore lint/complexity/noBannedTypes: as above.
  static readonly protocol = protocol<{}>("test.Bystander@1", {});
  override stopped(): void {
    console.log("bystander has closed its files");
  }
}

const exitCode = await runNodeSession({
  drainTimeoutMs: 1_000,
  say: (line) => console.log(line),
  run: async () => {
    const { system, failed } = await startSystem({
      node: { name: "doomed", incarnation: 1 },
      bind: "tcp://127.0.0.1:*",
      director: "doomed",
      peers: new Map(),
      protocols: [],
      log: { write: () => undefined },
    });
    await system.started(system.spawn(BystanderActor));
    system.spawn(DoomedActor, { name: "doomed" });
    const leaving = new LeaveWish().told;
    return { ready: {}, failed, leaving, drain: async () => undefined, stop: () => system.stop() };
  },
});
process.exit(exitCode);
