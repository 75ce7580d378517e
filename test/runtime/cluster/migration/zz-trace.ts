import { runMigrations } from "./migration-run.ts";
import { MigrationWorld } from "./migration-world.ts";

const seed = Number(process.argv[2]),
  deaths = Number(process.argv[3]),
  aid = process.argv[4]!,
  fromAid = process.argv[5];
const show = (m: any): string =>
  JSON.stringify(m, (k, v) =>
    v instanceof Map
      ? [...v]
      : k === "message" || (v && v.where !== undefined)
        ? `${v.from}.${v.number}`
        : v,
  );
const P = MigrationWorld.prototype as any;
const logs: string[] = [];
const orig = P.deliverOne;
const r = runMigrations({
  seed,
  deaths,
  broken: {
    send: (f, t, m: any) => {
      const a = m.item?.aid ?? m.aid;
      if (
        a === aid &&
        !(fromAid && m.item?.body.kind === "message" && m.item.body.message.from !== fromAid)
      )
        logs.push(`${f.key} -> ${t.key} ${show(m).slice(0, 400)}`);
      return [m];
    },
  },
  reached: (_w, at) => {
    if (at.aid === aid) logs.push(`   ${at.node.key} ${at.side} ${at.step}`);
  },
});
console.log(logs.slice(-Number(process.argv[6] ?? 60)).join("\n"));
console.log(r.violation);
