import { runMigrations } from "./migration-run.ts";

const runs = Number(process.argv[2] ?? 200),
  deaths = Number(process.argv[3] ?? 0),
  from = Number(process.argv[4] ?? 1);
const t = performance.now();
let bad = 0;
const kinds: Record<string, number> = {};
const firsts: string[] = [];
const tot = {
  moved: 0,
  stayed: 0,
  recovered: 0,
  deaths: 0,
  items: 0,
  fenced: 0,
  processed: 0,
  reported: 0,
  excused: 0,
  msgs: 0, over:0,
};
for (let seed = from; seed < from + runs; seed++) {
  let v;
  let w;
  try {
    const r = runMigrations({ seed, deaths });
    v = r.violation;
    w = r.world;
  } catch (e) {
    v = "throw: " + (e as Error).stack;
  }
  if (w) {
    for (const k of ["moved", "stayed", "recovered", "deaths", "items", "fenced"] as const)
      tot[k] += w.counts[k];
    tot.processed += w.ledger.processed;
    tot.reported += w.ledger.reportedCount;
    tot.excused += w.ledger.excusedCount;
    tot.msgs += w.ledger.messages.length; tot.over+= w.ledger.reportedFor("overtaken");
  }
  if (!v && deaths === 0 && w && (w.ledger.reportedCount || w.ledger.excusedCount))
    v = "report: without death";
  if (v) {
    bad++;
    const k = v.split(":")[0]!;
    if (!(k in kinds)) firsts.push(`seed ${seed}: ${v}`);
    kinds[k] = (kinds[k] ?? 0) + 1;
  }
}
console.log(
  runs,
  "runs",
  bad,
  "bad",
  kinds,
  firsts.join("\n"),
  tot,
  ((performance.now() - t) / 1000).toFixed(2) + "s",
);
