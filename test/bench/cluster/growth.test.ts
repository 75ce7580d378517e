// The growth of clusters is measured as in a real run, only much shorter: one cluster at a time, with
// latencies, and none left behind.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Crew, flow } from "../../../bench/cluster/crew.ts";
import { crowdSubject } from "../../../bench/cluster/crowd-subject.ts";
import { depthSubject } from "../../../bench/cluster/depth-subject.ts";
import { answerTo, jobOf } from "../../../bench/stores/job.ts";

const answerOf = (number: number): number => answerTo(jobOf(number));

test("a flow counts what is done after its warm-up, and refuses a wrong answer", async () => {
  const asked: number[] = [];
  const crew: Crew = {
    run: async (number) => {
      asked.push(number);
      return answerOf(number);
    },
  };
  const terms = { inFlight: 2, ms: 20, answerOf };
  const { elapsedMs, latenciesMs, n } = await flow(crew, { ...terms, warmUpMs: 20 });
  assert.equal(latenciesMs?.length, n);
  assert.ok(n < asked.length && elapsedMs >= 20, `${n} of ${asked.length} in ${elapsedMs} ms`);
  const wrong: Crew = { run: async () => -1 };
  await assert.rejects(flow(wrong, terms), { code: "invalid" });
});

test("a crowd has a cluster of its own in each round", { timeout: 120_000 }, async () => {
  const terms = { slots: 4, inFlight: 4, ms: 100, answerOf };
  const { peer, round } = crowdSubject({ ...terms, workers: 1 });
  assert.equal(peer, "troupe, 1 worker");
  assert.equal(crowdSubject({ ...terms, workers: 2 }).peer, "troupe, 2 workers");
  for (let count = 0; count < 2; count += 1) {
    const { latenciesMs, n } = await round();
    assert.ok(n > 0 && latenciesMs?.length === n);
  }
});

test("urgent tasks go ahead of a queue that is kept deep, and are timed", {
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "troupe-depth-"));
  try {
    const subject = depthSubject({ depth: 200, workers: 1, slots: 8, folder, ms: 500 });
    const { latenciesMs = [], n } = await subject.round();
    // Such a queue would be empty long before the end, were it not kept deep.
    assert.ok(n > 0, `${n} tasks beside ${latenciesMs.length} urgent ones`);
    assert.ok(latenciesMs.length >= 4 && latenciesMs.every((ms) => ms > 0));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
