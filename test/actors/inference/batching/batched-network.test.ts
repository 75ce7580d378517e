import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BatchedNetwork, itemsTogether } from "#actors/inference/batching/batched-network.ts";
import type { Network } from "#actors/inference/engine/network.ts";
import { Failure } from "#protocols/failure.ts";
import { doubling, held, row, seen, terms } from "./doubling-network.ts";

describe("requests at the same time", () => {
  it("run together, and each gets its own answer", async () => {
    const { network, runs } = doubling();
    const batched = new BatchedNetwork(network, terms);
    const answers = await Promise.all([1, 2, 3, 4].map((value) => batched.run(row(value, -value))));
    assert.deepEqual(answers.map(seen), [
      [2, -2],
      [4, -4],
      [6, -6],
      [8, -8],
    ]);
    assert.deepEqual(answers[0]?.y?.shape, [1, 2]);
    assert.deepEqual(runs, [4]);
  });

  it("of another width run by themselves", async () => {
    const { network, runs } = doubling();
    const batched = new BatchedNetwork(network, { ...terms, itemsMax: 2 });
    const all = [row(1), row(1, 2), row(3), row(3, 4)].map((values) => batched.run(values));
    assert.deepEqual((await Promise.all(all)).map(seen), [[2], [2, 4], [6], [6, 8]]);
    assert.deepEqual(runs, [2, 2]);
  });

  it("what is a batch already is left as it is", async () => {
    const { network, runs } = doubling();
    const batched = new BatchedNetwork(network, terms);
    const three = {
      x: { type: "float32", shape: [3, 1], data: Float32Array.of(1, 2, 3) },
    } as const;
    assert.deepEqual(seen(await batched.run(three)), [2, 4, 6]);
    assert.deepEqual(runs, [3]);
  });

  it("a network whose batch is fixed is run one by one, at once", async () => {
    const { network, runs } = doubling(1);
    const batched = new BatchedNetwork(network, { ...terms, delayMsMax: 1_000 });
    await Promise.all([batched.run(row(1)), batched.run(row(2))]);
    assert.deepEqual(runs, [1, 1]);
  });
});

describe("failures", () => {
  it("only the item that is at fault fails", async () => {
    const { network, runs } = doubling();
    const batched = new BatchedNetwork(network, terms);
    const ends = await Promise.allSettled([1, 13, 3, 4].map((value) => batched.run(row(value))));
    assert.deepEqual(
      ends.map((end) => (end.status === "fulfilled" ? seen(end.value)[0] : end.reason.detail)),
      [2, "thirteen", 6, 8],
    );
    assert.deepEqual(runs, [4, 2, 1, 1, 2]);
  });

  it("a network that loses items is found out", async () => {
    const { network } = doubling();
    const losing: Network = { ...network, run: async () => row(1) };
    const batched = new BatchedNetwork(losing, { ...terms, itemsMax: 2 });
    const ends = await Promise.allSettled([batched.run(row(1)), batched.run(row(2))]);
    // One by one it gives as many as it got.
    assert.deepEqual(
      ends.map(({ status }) => status),
      ["fulfilled", "fulfilled"],
    );
  });
});

describe("runs that may overlap", () => {
  it("are as many as the network says, and no more", async () => {
    const { network, release, signals, hasBegun } = held(3);
    const batched = new BatchedNetwork(network, { ...terms, itemsMax: 1 });
    const answers = [1, 2, 3, 4, 5].map((value) => batched.run(row(value)));
    await hasBegun(3);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(signals.length, 3);
    release();
    assert.deepEqual((await Promise.all(answers)).map(seen), [[2], [4], [6], [8], [10]]);
    assert.equal(signals.length, 5);
  });

  it("a server that is away fails the batch and is not asked for its halves", async () => {
    const { network, runs } = doubling();
    const away: Network = {
      ...network,
      async run(values) {
        await network.run(values);
        throw new Failure("unavailable", "nobody listens");
      },
    };
    const batched = new BatchedNetwork(away, terms);
    const ends = await Promise.allSettled([1, 2, 3, 4].map((value) => batched.run(row(value))));
    assert.ok(ends.every((end) => end.status === "rejected" && end.reason.code === "unavailable"));
    assert.deepEqual(runs, [4]);
  });
});

it("how many go together is one where a side is fixed, and where there is no network", () => {
  assert.equal(itemsTogether(doubling().network, terms), 4);
  assert.equal(itemsTogether(doubling(1).network, terms), 1);
  assert.equal(itemsTogether({ inputs: [], outputs: [] }, terms), 1);
});
