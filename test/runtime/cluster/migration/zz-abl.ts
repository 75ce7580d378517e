import { brokenInDeath, brokenInPeace } from "./migration-broken-rules.ts";
import { runMigrations } from "./migration-run.ts";

for (const [set, deaths, max] of [
  [brokenInPeace, 0, 200],
  [brokenInDeath, 1, 200],
  [brokenInDeath, 2, 200],
] as const)
  for (const [name, make] of Object.entries(set)) {
    let bad = 0,
      first = 0,
      kinds: Record<string, number> = {};
    for (let seed = 1; seed <= max; seed++) {
      let v;
      try {
        v = runMigrations({ seed, deaths, broken: make() }).violation;
      } catch (e) {
        v = "throw: " + (e as Error).message;
      }
      if (v) {
        bad++;
        first ||= seed;
        const k = v.split(":")[0]!;
        kinds[k] = (kinds[k] ?? 0) + 1;
      }
    }
    console.log(deaths, name, bad, "/", max, "first", first, kinds);
  }
