// A node for actors from elsewhere: `node remote-process.ts <name> <director's address>`. With a third
// argument it has a parent that spawns a child of its own on that node.
import { startSystem } from "#runtime/start-system.ts";
import { Errand, ErrandActor } from "./errand-actor.ts";
import { Worker, WorkerActor } from "./remote-worker.ts";

const [name = "", address = "", childOn] = process.argv.slice(2);
process.on("disconnect", () => process.exit(0));

const { system } = await startSystem({
  node: { name, incarnation: Date.now() },
  bind: "tcp://127.0.0.1:*",
  director: "a",
  peers: new Map([["a", address]]),
  protocols: [Worker, Errand],
  actors: [WorkerActor, ErrandActor],
  roles: ["worker"],
  log: { write: () => {} },
});
if (childOn !== undefined) {
  const errand = system.spawn(ErrandActor, { name: "parent" });
  await errand.hire(childOn);
}
process.send?.("ready");
