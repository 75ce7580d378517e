import { runMigrations } from "./migration-run.ts";
import { MigrationWorld } from "./migration-world.ts";

const seed = Number(process.argv[2]),
  deaths = Number(process.argv[3]);
const show = (m: any): string =>
  JSON.stringify(m, (k, v) =>
    v instanceof Map
      ? [...v]
      : k === "message" || (v && v.where !== undefined)
        ? `${v.from}.${v.number}`
        : v,
  );
const logs: string[] = [];
const P = MigrationWorld.prototype as any;
const dir = P.lookUpStep;
const n = 0;
const r = runMigrations({
  seed,
  deaths,
  broken: {
    send: (f, t, m: any) => {
      logs.push(`${f.key}(${f.state}) -> ${t.key}(${t.state}) ${show(m).slice(0, 250)}`);
      return [m];
    },
  },
  reached: (_w, at) => {
    logs.push(`   ${at.node.key} ${at.side} ${at.step} ${at.aid}`);
  },
});
console.log(logs.slice(-25).join("\n"));
console.log(
  r.violation,
  r.world.nodes.map((n) => [
    n.key,
    n.state,
    [...n.removed],
    JSON.stringify(n.desk.counts),
    [...n.actors.values()].map((a) => a.aid + a.state),
  ]),
  r.world.directory.calls.length,
  r.world.actors.map((a) => [a, JSON.stringify(r.world.directory.get(a))]),
);
