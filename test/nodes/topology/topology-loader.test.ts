import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadTopology, readTopology } from "#nodes/topology/topology-loader.ts";
import { reportProblems } from "#nodes/topology/topology-report.ts";
import { formatPath } from "#protocols/outside/problem.ts";
import { controlMistakes } from "./control-mistakes.ts";
import { observationMistakes } from "./observation-mistakes.ts";
import { queueMistakes } from "./queue-mistakes.ts";
import { repositoryMistakes } from "./repository-mistakes.ts";
import { scalingMistakes } from "./scaling-mistakes.ts";
import { securityMistakes } from "./security-mistakes.ts";
import { skillMistakes } from "./skill-mistakes.ts";
import { changedSample, mistakes } from "./topology-mistakes.ts";
import { workerMistakes } from "./worker-mistakes.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "troupe-topology-"));
  await mkdir(path.join(folder, "models", "m"), { recursive: true });
});
after(() => rm(folder, { recursive: true, force: true }));

for (const row of [
  ...mistakes,
  ...scalingMistakes,
  ...repositoryMistakes,
  ...observationMistakes,
  ...queueMistakes,
  ...skillMistakes,
  ...securityMistakes,
  ...controlMistakes,
  ...workerMistakes,
]) {
  test(`${row.name} is refused with its place and a remedy`, async () => {
    const reading = await readTopology({ file: path.join(folder, "t.yaml"), text: row.text });
    assert.equal(reading.kind, "problems");
    if (reading.kind !== "problems") return;
    const report = reportProblems({ file: "t.yaml", text: row.text }, reading.problems);
    const seen = reading.problems.map(({ spot, path: keys, message, remedy }) => {
      return [`${spot.line}:${spot.column}`, formatPath(keys), message, remedy] as const;
    });
    for (const [place, keyPath, message, remedy] of row.expect) {
      const hit = seen.find(
        (one) =>
          one[0].startsWith(place) &&
          one[1].startsWith(keyPath) &&
          message.test(one[2]) &&
          remedy.test(one[3]),
      );
      assert.ok(hit, `${place} ${keyPath} ${message} is missing in\n${report}`);
      assert.match(report, new RegExp(`t\\.yaml:${place}`));
    }
    if (row.name !== "deep nesting") assert.equal(seen.length, row.expect.length, report);
  });
}

test("the report shows the line, marks the place and names the remedy", async () => {
  const file = path.join(folder, "framed.yaml");
  await writeFile(file, changedSample("[worker]", "[wroker]"));
  await assert.rejects(
    loadTopology(file),
    (failure: Error & { code?: string; detail?: string }) => {
      assert.equal(failure.code, "topology_invalid");
      assert.equal(
        failure.detail,
        `1 problem in ${file}

${file}:14:13  nodes[1].roles[0]  is "wroker", which is not known; did you mean worker?
    13 |     bind: tcp://127.0.0.1:*
  > 14 |     roles: [wroker]
       |             ^^^^^^
  remedy: write worker`,
      );
      return true;
    },
  );
});

test("a file that is absent, too large or a folder is refused by name", async () => {
  const large = path.join(folder, "large.yaml");
  await writeFile(large, "#".repeat(300 * 1024));
  await assert.rejects(
    loadTopology(path.join(folder, "absent.yaml")),
    /topology_invalid: cannot read .*absent\.yaml/,
  );
  await assert.rejects(loadTopology(large), /topology_invalid.*large\.yaml has 307200 bytes/);
  await assert.rejects(loadTopology(folder), /topology_invalid.*is not a file/);
});

test("every topology among the examples is valid", async () => {
  const examples = fileURLToPath(new URL("../../../examples/topologies", import.meta.url));
  const files = (await readdir(examples)).filter((file) => file.endsWith(".yaml"));
  assert.ok(files.length >= 2);
  for (const file of files) await loadTopology(path.join(examples, file));
});
