import { startLocalSystem, inThread, Actor } from "#runtime/index.ts";
import { WorkerActor, Listener } from "./threaded-actors.ts";
const log: string[] = [];
const system = await startLocalSystem({ log: { write: (l, a, m) => log.push(`${l} ${a} ${m}`) }, fatal: (f) => console.log("FATAL", f.message) });
const supervised = { restartsMax: 1000 };
const T = inThread(WorkerActor, { window: 8 });
// 1. readonly-heavy, many asks at once with tiny deadlines, cancels, crash storms
const w = system.spawn(T, { from: 0 }, { name: "w" });
await system.started(w);
let ok = 0, bad = new Map<string, number>();
const asks: Promise<unknown>[] = [];
for (let r = 0; r < 3; r++) {
  for (let i = 0; i < 300; i++) {
    const c = new AbortController();
    const p = w.$.with({ within: 20 + (i % 7) * 300, signal: c.signal }).wait(i % 3);
    if (i % 5 === 0) setTimeout(() => c.abort(), i % 11);
    asks.push(p.then(() => { ok++; }, (e) => { bad.set(e.code, (bad.get(e.code) ?? 0) + 1); }));
    if (i === 150) w.fail("x");
  }
  await Promise.all(asks.splice(0));
}
console.log("ok", ok, [...bad], system.counts, "open", system.asks.openCount);
console.log(await w.total());
// 2. stop while starting
const s = system.spawn(T, { from: 0 }, { name: "s" });
const st = performance.now();
await system.stopActor(s);
console.log("stopped while starting in", (performance.now() - st).toFixed(0));
// 3. resume after thread lost
console.log("open", system.asks.openCount);
console.log(system.counts, [...system.deadLetters.counts]);
const e = performance.now();
await system.stop();
console.log("stop", (performance.now() - e).toFixed(0), process.getActiveResourcesInfo());
