import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, mock, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runBench } from "../../bench/bench-command.ts";
import { profile } from "../../bench/core/main.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder = "";

const suite = `
  import { compete } from ${JSON.stringify(join(root, "bench/harness.ts"))};
  const subject = (peer, n) => ({ peer, variant: "<v>", round: async () => ({ n, elapsedMs: 10 }) });
  export async function run(scale) {
    const outcome = await compete({
      workload: "W & co", ours: subject("troupe", 5), peers: [subject("bare", 10)],
      goals: [{ against: "bare", measure: "perSecond", as: "ratio", bound: { atLeast: 0.9 } }],
      rounds: scale === "quick" ? 3 : 4, warmUps: 1,
    });
    return { packages: ["typescript"], contests: [outcome], absent: [{ peer: "nats", reason: "not installed" }] };
  }
`;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "bench-"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  for (const [name, text] of [
    ["good", suite],
    ["broken", 'export const run = () => Promise.reject(new Error("no socket"));'],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "main.ts"), text);
  }
});
after(() => rmSync(folder, { recursive: true }));

/** The status and all that was printed. */
async function ran(...args: readonly string[]) {
  const said: string[] = [];
  const listen = (...words: readonly unknown[]) => said.push(words.map(String).join(" "));
  const spies = [mock.method(console, "log", listen), mock.method(console, "error", listen)];
  try {
    return { status: await runBench(args, folder), said: said.join("\n") };
  } finally {
    for (const spy of spies) spy.mock.restore();
  }
}

test("a missed goal is a line of the report, not a failure", async () => {
  const { status, said } = await ran("good", "--quick");
  assert.equal(status, 0);
  assert.match(said, /W & co +bare +perSecond ratio +0\.500 +0\.500 - 0\.500 +>= 0\.9 +no/);
  assert.match(said, /absent: nats \(not installed\)/);
  const report = JSON.parse(readFileSync(join(folder, "results/good.json"), "utf8"));
  assert.equal(report.scale, "quick");
  assert.equal(report.ratios[0].met, false);
  assert.equal(report.rows[1].perSecond, 1000);
  assert.equal(report.rows[0].rounds, 3);
  assert.match(report.versions.typescript, /^5\./);
  assert.ok(report.machine.cores >= 1 && report.load.length === 3);
});

test("the chart is well-formed, with every peer in it", async () => {
  await ran("good");
  const chart = readFileSync(join(folder, "results/good.svg"), "utf8");
  assert.equal(chart.match(/<rect x=/g)?.length, 2);
  assert.match(chart, /W &#38; co/);
  assert.match(chart, /troupe \(&#60;v&#62;\)/);
  assert.match(chart, /✗ 0.5x \(≥ 0.9\)/);
  assert.match(chart, /0 of 1 goals reached/);
  assert.doesNotMatch(chart, /NaN|undefined/);
});

test("a part of a suite is printed, not written", async () => {
  rmSync(join(folder, "results"), { recursive: true, force: true });
  const { status, said } = await ran("good", "--only=W");
  assert.equal(status, 0);
  assert.match(said, /W & co +bare/);
  assert.equal(existsSync(join(folder, "results")), false);
});

test("a profile is refused by a suite that makes none", async () => {
  const { status, said } = await ran("good", "--profile=troupe:tell");
  assert.equal(status, 1);
  assert.match(said, /makes no profiles/);
});

test("a suite that cannot run is a failure that says why", async () => {
  const { status, said } = await ran("broken");
  assert.equal(status, 1);
  assert.match(said, /broken could not run.*no socket/);
});

test("a profile of nobody, or of nothing that is done, is refused before anything runs", async () => {
  for (const [target, said] of [
    ["nobody:tell", /no contender nobody, only .*troupe/],
    ["troupe:dance", /no work; use CONTENDER:WORK, one of tell/],
  ] as const) {
    await assert.rejects(profile(target, folder), { code: "invalid", message: said });
  }
});

test("without a suite the suites are listed, and wrong arguments are refused", async () => {
  const listed = await ran();
  assert.deepEqual([listed.status, /Suites: broken, good\./.test(listed.said)], [0, true]);
  for (const args of [
    ["ghost"],
    ["good", "--fast"],
    ["good", "broken"],
    ["--quick"],
    ["good", "--only="],
  ]) {
    const { status, said } = await ran(...args);
    assert.equal(status, 2, said);
    assert.match(said, /Suites: broken, good/);
  }
});

test("the command itself starts", () => {
  const done = spawnSync(process.execPath, ["bench/run.mjs", "--help"], {
    cwd: root,
    encoding: "utf8",
  });
  assert.equal(done.status, 0, done.stderr);
  assert.match(done.stdout, /npm run bench/);
});
