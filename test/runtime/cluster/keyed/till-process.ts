// A node that hosts tills: `node till-process.ts <name> <director's address> <ttl>`. Says on its channel
// when it takes part; ends in order when it is told `leave`.
import { keyed } from "#runtime/cluster/keyed/keyed.ts";
import { startSystem } from "#runtime/start-system.ts";
import { Till, TillActor, TillLedger } from "./till-actor.ts";

const [name = "", address = "", ttl = ""] = process.argv.slice(2);
process.on("disconnect", () => process.exit(0));

const node = await startSystem({
  node: { name, incarnation: Date.now() },
  bind: "tcp://127.0.0.1:*",
  director: "d",
  peers: new Map([["d", address]]),
  protocols: [TillLedger, Till],
  session: { ttlMs: Number(ttl) },
  log: { write: () => {} },
});
const ledger = await node.system.lookup(TillLedger, "ledger", 10_000);
const tills = keyed(node, TillActor, { kind: "till", shards: 32, args: { ledger } });
await tills.ready;
node.session.onLost(({ code }) => process.send?.(`lost ${code}`));
process.send?.("ready");
process.on("message", (what) => {
  if (what === "leave") void node.system.shutdown().then(() => process.exit(0));
});
