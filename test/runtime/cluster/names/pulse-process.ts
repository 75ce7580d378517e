// A node that may run the singleton: `node pulse-process.ts <name> <director's address> <ttl>`. Says on
// its channel what becomes of it.
import { singletonOf } from "#runtime/cluster/names/singleton.ts";
import { startSystem } from "#runtime/start-system.ts";
import { FencedLedger, Pulse, PulseActor } from "./pulse-singleton.ts";

const [name = "", address = "", ttl = ""] = process.argv.slice(2);
const note = (what: string): void => {
  process.send?.(what);
};
process.on("disconnect", () => process.exit(0));

const { session, system } = await startSystem({
  node: { name, incarnation: Date.now() },
  bind: "tcp://127.0.0.1:*",
  director: "d",
  peers: new Map([["d", address]]),
  protocols: [FencedLedger, Pulse],
  session: { ttlMs: Number(ttl) },
  log: { write: () => {} },
});
const ledger = await system.lookup(FencedLedger, "ledger", 10_000);
session.onLost(({ code }) => note(`lost ${code}`));
system.spawn(
  singletonOf(PulseActor),
  { name: "pulse", session, args: { ledger, note } },
  { name: "keeper" },
);
note("ready");
