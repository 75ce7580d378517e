import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BatchedNetwork } from "#actors/inference/batching/batched-network.ts";
import { unbatched } from "#actors/inference/batching/run-batcher.ts";
import { type RunScope, runScope } from "#actors/inference/batching/run-scope.ts";
import { RemoteNetwork } from "#actors/inference/engine/remote-network.ts";
import { refusal } from "./engine-fixture.ts";
import { type Answer, negative, row, withServer } from "./protocol-server.ts";

describe("a server that is slow", () => {
  const scopeOf = (signal: AbortSignal): RunScope => ({
    ...{ deadlineMs: Number.POSITIVE_INFINITY, signal, ran: () => undefined },
  });

  it("is asked for as many runs at a time as is agreed", () =>
    withServer(
      (asked, response) => setTimeout(() => negative(asked, response), 200),
      async (url) => {
        const remote = await RemoteNetwork.connect({ url, model: "eraser", concurrency: 3 });
        const network = new BatchedNetwork(remote, unbatched);
        const startedAt = performance.now();
        await Promise.all([1, 2, 3, 4, 5, 6].map((value) => network.run(row(value, 0))));
        const ms = performance.now() - startedAt;
        assert.ok(ms >= 390 && ms < 1_000, `six runs of 200 ms took ${ms} ms`);
      },
    ));

  it("sees the connection close when nobody waits for its answer any more", async () => {
    let closed: () => void = () => undefined;
    const isClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const silent: Answer = (_, response) => response.on("close", closed);
    await withServer(silent, async (url) => {
      const remote = await RemoteNetwork.connect({ url, model: "eraser" });
      const network = new BatchedNetwork(remote, { itemsMax: 2, preferred: [], delayMsMax: 1 });
      const both = [new AbortController(), new AbortController()];
      const runs = both.map(({ signal }) =>
        runScope.run(scopeOf(signal), () => network.run(row(1, 1))),
      );
      const ends = Promise.all(runs.map((run) => refusal("cancelled", run)));
      await new Promise((resolve) => setTimeout(resolve, 100));
      for (const one of both) one.abort();
      await Promise.all([ends, isClosed]);
    });
  });

  it("is waited for until the request's deadline at most, and named", () =>
    withServer(
      () => undefined,
      async (url) => {
        const remote = await RemoteNetwork.connect({ url, model: "eraser" });
        const { signal } = new AbortController();
        const scope = { ...scopeOf(signal), deadlineMs: performance.now() + 100 };
        const run = runScope.run(scope, () => remote.run(row(1, 1)));
        assert.match((await refusal("timeout", run)).detail, /^http:.* within (\d\d|100) ms$/);
      },
    ));
});
