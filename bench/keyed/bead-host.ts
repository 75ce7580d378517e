// The other process: `node bead-host.ts <name> <director's address> <ttl>`. Hosts beads and a string.
import { keyed } from "#runtime/index.ts";
import { BeadStringActor, KeyedBeadActor } from "./bead-actor.ts";
import { startBeadNode } from "./bead-node.ts";

const [name = "", address = "", ttl = ""] = process.argv.slice(2);
process.on("disconnect", () => process.exit(0));
const node = await startBeadNode(name, new Map([["near", address]]), Number(ttl));
node.system.spawn(BeadStringActor, { name: "string" });
await keyed(node, KeyedBeadActor, { kind: "bead", idleMs: Number.POSITIVE_INFINITY }).ready;
process.send?.("ready");
