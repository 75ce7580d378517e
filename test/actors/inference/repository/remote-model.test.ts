// Models that another server runs, with real engine processes between.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { freePort } from "../../../sockets/free-port.ts";
import { until } from "../engine/engine-fixture.ts";
import { modelConfig } from "../engine/onnx-file.ts";
import { type Answer, withServer } from "../engine/protocol-server.ts";
import { openRealRepository, someImage } from "./real-repository.ts";

const declared = {
  ...{ name: "eraser", versions: ["1"], platform: "tensorrt_plan" },
  inputs: [
    { name: "image", datatype: "FP32", shape: [-1, 3, -1, -1] },
    { name: "mask", datatype: "FP32", shape: [-1, 1, -1, -1] },
  ],
  outputs: [{ name: "output", datatype: "FP32", shape: [-1, 3, -1, -1] }],
};

/** The image as it came. */
const same: Answer = ({ header, tensors }, response) => {
  const [image] = header.inputs;
  const shape = image?.shape ?? [];
  const size = 4 * shape.reduce((product, side) => product * side, 1);
  const output = { name: "output", datatype: "FP32", shape };
  const outputs = [{ ...output, parameters: { binary_data_size: size } }];
  const head = Buffer.from(JSON.stringify({ outputs }));
  response.writeHead(200, { "inference-header-content-length": head.byteLength });
  response.end(Buffer.concat([head, tensors.subarray(0, size)]));
};

const writeRemote =
  (place: object) =>
  async (root: string): Promise<void> => {
    const folder = join(root, "eraser");
    await mkdir(join(folder, "1"), { recursive: true });
    await writeFile(join(folder, "config.json"), JSON.stringify(modelConfig));
    await writeFile(join(folder, "1", "remote.json"), JSON.stringify(place));
  };

const codeOf = (end: Promise<unknown>): Promise<string> =>
  end.then(
    () => "done",
    (cause: unknown) => Failure.of(cause).code,
  );

it("a server that hangs costs its own requests their time, and no engine", {
  timeout: 60_000,
}, async () => {
  let answer = same;
  await withServer(
    (asked, response) => answer(asked, response),
    async (url, asked) => {
      const place = { url, model: "eraser", timeoutMs: 1_500, concurrency: 3 };
      const repository = await openRealRepository(writeRemote(place), { runTimeoutMs: 20_000 });
      try {
        await repository.repair("eraser");
        const before = asked.length;
        answer = () => undefined;
        const ends = [1, 2, 3].map(() => codeOf(repository.repair("eraser")));
        await until(async () => asked.length === before + 3);
        assert.deepEqual(await Promise.all(ends), ["timeout", "timeout", "timeout"]);
        answer = same;
        assert.equal((await repository.repair("eraser")).width, 8);
        const [told] = await repository.models.statistics({ name: "eraser" });
        assert.equal(told?.fail.count, 3);
        assert.equal((await repository.models.metadata({ name: "eraser" })).platform, "kserve_v2");
      } finally {
        await repository.stop();
      }
    },
    declared,
  );
});

it("a request to a server that takes longer than a run may is ended, and the engine is not", {
  timeout: 60_000,
}, async () => {
  let answer = same;
  await withServer(
    (asked, response) => answer(asked, response),
    async (url) => {
      const place = { url, model: "eraser", timeoutMs: 60_000 };
      const repository = await openRealRepository(writeRemote(place), { runTimeoutMs: 1_000 });
      try {
        await repository.repair("eraser");
        let closed = 0;
        answer = (_, response) => void response.on("close", () => (closed += 1));
        const late = codeOf(repository.repair("eraser"));
        await until(async () => closed === 1);
        assert.equal(await late, "timeout");
        answer = same;
        const startedAt = performance.now();
        await repository.repair("eraser");
        assert.ok(performance.now() - startedAt < 1_000, "no new process had to be started");
      } finally {
        await repository.stop();
      }
    },
    declared,
  );
});

it("a server that is away at the start is served when it is there", {
  timeout: 60_000,
}, async () => {
  const port = await freePort();
  const place = { url: `http://127.0.0.1:${port}`, model: "eraser" };
  const repository = await openRealRepository(writeRemote(place));
  try {
    const [told] = await repository.index();
    assert.match(
      told ?? "",
      /^eraser 1 UNAVAILABLE: tried once, next at 20\d\d-.*Z: .*ECONNREFUSED/,
    );
    assert.equal(await codeOf(repository.repair("eraser")), "unavailable");
    await until(async () => /tried 2 times in a row/.test((await repository.index())[0] ?? ""));
    await withServer(
      same,
      async () => {
        await until(async () => (await repository.index())[0] === "eraser 1 READY");
        assert.equal((await repository.repair("eraser", someImage)).width, 8);
      },
      declared,
      port,
    );
    // It went away again: the requests say so, and the version waits for it.
    assert.equal(await codeOf(repository.repair("eraser")), "unavailable");
    assert.deepEqual(await repository.index(), ["eraser 1 READY"]);
  } finally {
    await repository.stop();
  }
});

it("an address with a password is a mistake: it is not tried again, and nobody is shown it", {
  timeout: 60_000,
}, async () => {
  const place = { url: "http://us3r:p4ss@127.0.0.1:8000", model: "eraser" };
  const repository = await openRealRepository(writeRemote(place));
  try {
    const [told = ""] = await repository.index();
    assert.match(told, /^eraser 1 UNAVAILABLE: .*a name or password for 127\.0\.0\.1:8000 in it/);
    assert.doesNotMatch(told, /us3r|p4ss|next at/);
    const ends = await Promise.allSettled([
      repository.models.reload("eraser"),
      repository.repair("eraser"),
    ]);
    assert.deepEqual(
      ends.map(({ status }) => status),
      ["rejected", "rejected"],
    );
    for (const end of ends) {
      if (end.status === "rejected") assert.doesNotMatch(String(end.reason), /us3r|p4ss/);
    }
  } finally {
    await repository.stop();
  }
});
