// Stores whose processes are killed in the middle of everything, again and again. What they had
// acknowledged is kept, and nothing happens twice.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { inspect } from "#actors/store/sqlite/store-inspection.ts";
import { RedisProcess } from "../../../runtime/cluster/directory/redis-process.ts";
import { crashPlan, storesOf } from "./crash-plan.ts";
import { type CrashGround, CrashRun, type CrashVictim } from "./crash-run.ts";

const plan = crashPlan();

async function killAgainAndAgain(t: TestContext, groundOf: (index: number) => CrashGround) {
  for (const [index, part] of storesOf(plan).entries()) {
    const { acknowledged, completed, unanswered } = await new CrashRun(groundOf(index), part).run();
    const cut = Object.entries(unanswered).map(([method, count]) => `${count} ${method}`);
    t.diagnostic(
      `seed ${part.seed}: ${part.kills} kills, ${acknowledged} answers, ${completed} completed; without an answer: ${cut.join(", ")}`,
    );
  }
}

test("SQLite: a process that is killed at any instant loses nothing that it acknowledged, and nothing happens twice", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "crash-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await killAgainAndAgain(t, (index) => {
    const path = join(folder, `tasks-${index}.db`);
    return {
      place: { kind: "sqlite", path },
      victims: ["process"],
      problems: async () => inspect({ path, nowMs: Date.now() }),
    };
  });
});

test("Redis: a store or a server that is killed at any instant loses nothing that it acknowledged, and nothing happens twice", async (t) => {
  const server = await RedisProcess.start({ appendfsync: "always" });
  t.after(() => server.end());
  const kill = () => server.kill();
  const revive = () => server.startAgain();
  const victims: readonly CrashVictim[] = [
    "process",
    { name: "server", takesProcess: "without", kill, revive },
    { name: "server and store", takesProcess: "with", kill, revive },
  ];
  await killAgainAndAgain(t, (index) => ({
    place: { kind: "redis", port: server.port, group: `crash-${index}` },
    victims,
    problems: async (store) => (await store.check()).problems,
  }));
});

test("a store that was put back to what it was some kills ago does not pass", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "crash-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [path, copy] = [join(folder, "tasks.db"), join(folder, "copy.db")];
  const copyFiles = (from: string, to: string): void => {
    for (const end of ["", "-wal", "-shm"]) {
      rmSync(to + end, { force: true });
      if (existsSync(from + end)) copyFileSync(from + end, to + end);
    }
  };
  let kills = 0;
  const victim: CrashVictim = {
    name: "its memory",
    takesProcess: "with",
    kill: async () => {},
    revive: async () => {
      kills += 1;
      if (kills === 1) copyFiles(path, copy);
      if (kills === 3) copyFiles(copy, path);
    },
  };
  const ground: CrashGround = {
    place: { kind: "sqlite", path },
    victims: [victim],
    problems: async () => inspect({ path, nowMs: Date.now() }),
  };
  const run = new CrashRun(ground, { kills: 3, seed: plan.seed });
  await assert.rejects(run.run(), { name: "AssertionError" });
  assert.equal(kills, 3, "it passed as long as it had everything");
});
