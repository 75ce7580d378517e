// What the runs that several requests share know of each of them, and tell.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BatchedNetwork } from "#actors/inference/batching/batched-network.ts";
import { type RunScope, runScope } from "#actors/inference/batching/run-scope.ts";
import type { Network } from "#actors/inference/engine/network.ts";
import { Failure } from "#protocols/failure.ts";
import { doubling, held, row, seen, terms } from "./doubling-network.ts";

describe("what the runs know of their requests", () => {
  const scope = (signal: AbortSignal, runs: number[] = []): RunScope => ({
    ...{ deadlineMs: Number.POSITIVE_INFINITY, signal },
    ran: ({ items }) => runs.push(items),
  });

  it("who is withdrawn before the run fails at once, and the others run without it", async () => {
    const { network, runs } = doubling();
    const batched = new BatchedNetwork(network, terms);
    const giveUp = new AbortController();
    const first = runScope.run(scope(giveUp.signal), () => batched.run(row(1)));
    const second = batched.run(row(2));
    giveUp.abort();
    await assert.rejects(first, (why) => why instanceof Failure && why.code === "cancelled");
    assert.deepEqual(seen(await second), [4]);
    assert.deepEqual(runs, [1]);
    const late = runScope.run(scope(giveUp.signal), () => batched.run(row(1)));
    await assert.rejects(late, (why) => why instanceof Failure && why.code === "cancelled");
  });

  it("who is withdrawn while the run goes on fails at once, and the others get their answers", async () => {
    const { network, release, signals, hasBegun } = held();
    const batched = new BatchedNetwork(network, { ...terms, itemsMax: 2 });
    const giveUp = new AbortController();
    const first = runScope.run(scope(giveUp.signal), () => batched.run(row(1)));
    const second = runScope.run(scope(new AbortController().signal), () => batched.run(row(2)));
    await hasBegun(1);
    giveUp.abort();
    await assert.rejects(first, (why) => why instanceof Failure && why.code === "cancelled");
    assert.equal(signals[0]?.aborted, false, "somebody waits for the run");
    release();
    assert.deepEqual(seen(await second), [4]);
  });

  it("who is withdrawn before a failed batch is divided is in none of its parts", async () => {
    const { network, runs } = doubling();
    const giveUp = new AbortController();
    const leaving: Network = {
      ...network,
      run(values) {
        if (runs.length === 0) giveUp.abort();
        return network.run(values);
      },
    };
    const batched = new BatchedNetwork(leaving, terms);
    const mates = [1, 13, 4].map((value) => batched.run(row(value)));
    const gone = runScope.run(scope(giveUp.signal), () => batched.run(row(3)));
    const ends = await Promise.allSettled([...mates, gone]);
    assert.deepEqual(
      ends.map((end) => (end.status === "fulfilled" ? "done" : end.reason.code)),
      ["done", "model_failed", "done", "cancelled"],
    );
    assert.deepEqual(runs, [4, 2, 1, 1, 1]);
  });

  it("a run that nobody waits for any more is told so", async () => {
    const { network, signals, hasBegun } = held();
    const batched = new BatchedNetwork(network, { ...terms, itemsMax: 2 });
    const both = [new AbortController(), new AbortController()];
    const runs = both.map(({ signal }, at) =>
      runScope.run(scope(signal), () => batched.run(row(at))),
    );
    const ends = Promise.allSettled(runs);
    await hasBegun(1);
    both[0]?.abort();
    assert.equal(signals[0]?.aborted, false);
    both[1]?.abort();
    assert.equal(signals[0]?.aborted, true);
    assert.deepEqual(
      (await ends).map(({ status }) => status),
      ["rejected", "rejected"],
    );
  });

  it("each run is told once, to the first of its requests", async () => {
    const { network } = doubling();
    const batched = new BatchedNetwork(network, terms);
    const told: number[][] = [[], []];
    const { signal } = new AbortController();
    await Promise.all(
      told.map((runs, at) => runScope.run(scope(signal, runs), () => batched.run(row(at)))),
    );
    assert.deepEqual(told, [[2], []]);
  });

  it("each is told how long it has waited for a run of others", async () => {
    const { network, release, hasBegun } = held();
    const batched = new BatchedNetwork(network, { ...terms, itemsMax: 1 });
    const { signal } = new AbortController();
    const waited: number[] = [];
    const answers = [1, 2].map((value) =>
      runScope.run({ ...scope(signal), waited: (ms) => waited.push(ms) }, () =>
        batched.run(row(value)),
      ),
    );
    await hasBegun(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    release();
    await Promise.all(answers);
    const [first = Number.NaN, second = Number.NaN] = waited;
    assert.equal(waited.length, 2);
    assert.ok(second - first >= 49, `${waited} ms`);
  });

  it("the next run begins before the answers of the last are told", async () => {
    const { network } = doubling();
    const events: string[] = [];
    const run: Network["run"] = async (values) => {
      events.push(`run ${values.x?.data[0]}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      return network.run(values);
    };
    const batched = new BatchedNetwork({ ...network, run }, { ...terms, itemsMax: 1 });
    await Promise.all(
      [1, 2].map(async (value) => {
        await batched.run(row(value));
        events.push(`answer ${value}`);
      }),
    );
    assert.deepEqual(events, ["run 1", "run 2", "answer 1", "answer 2"]);
  });

  it("a run is told with its items, and when its first request waits for none", async () => {
    const { network } = doubling();
    const batched = new BatchedNetwork(network, terms);
    const runs: number[] = [];
    const { signal } = new AbortController();
    const three = {
      x: { type: "float32", shape: [3, 1], data: Float32Array.of(1, 2, 3) },
    } as const;
    await runScope.run(scope(signal, runs), () => batched.run(three));
    const nobodys = batched.run(row(1));
    const second = runScope.run(scope(signal, runs), () => batched.run(row(2)));
    await Promise.all([nobodys, second]);
    assert.deepEqual(runs, [3, 2]);
  });

  it("a batch that came as one is not waited for, and tells how long its like takes", async () => {
    const { network } = doubling();
    let beganMs = 0;
    const slow: Network = {
      ...network,
      async run(values) {
        beganMs = performance.now();
        await new Promise((resolve) => setTimeout(resolve, 200));
        return network.run(values);
      },
    };
    const batched = new BatchedNetwork(slow, { ...terms, delayMsMax: 60_000 });
    await batched.run({
      x: { type: "float32", shape: [2, 1], data: Float32Array.of(1, 2) },
    });
    const { signal } = new AbortController();
    const deadlineMs = performance.now() + 400;
    await runScope.run({ ...scope(signal), deadlineMs }, () => batched.run(row(5)));
    // Half of what two took is left for one; if nothing were known it would begin at the deadline.
    assert.ok(beganMs < deadlineMs, "it began before its deadline");
  });

  it("a deadline cuts the wait short", async () => {
    const { network } = doubling();
    const batched = new BatchedNetwork(network, { ...terms, delayMsMax: 60_000 });
    const { signal } = new AbortController();
    const soon = { ...scope(signal), deadlineMs: performance.now() + 20 };
    const answer = runScope.run(soon, () => batched.run(row(5)));
    assert.deepEqual(seen(await answer), [10]);
  });
});
