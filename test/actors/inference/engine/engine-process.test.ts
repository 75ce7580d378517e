import assert from "node:assert/strict";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { getPriority } from "node:os";
import { describe, it } from "node:test";
import { EngineProcess, engineRequestsMax } from "#actors/inference/engine-process.ts";
import { Failure } from "#protocols/failure.ts";
import {
  greyMask,
  picture,
  pixelsOfReply,
  processorMs,
  refusal,
  repairedIn,
  request,
  until,
  withEngine,
} from "./engine-fixture.ts";

const image = await picture(8, 8, 3, new Uint8Array(8 * 8 * 3).fill(100))
  .png()
  .toBuffer();
const white = await picture(8, 8, 3, new Uint8Array(8 * 8 * 3).fill(255))
  .png()
  .toBuffer();
const mask = await greyMask(8, 8, 255);
const endless = request(white, mask, { model: "endless" });

/** The engine spends its time in a model run. */
async function isBusy(pid: number): Promise<void> {
  const before = await processorMs(pid);
  await until(async () => (await processorMs(pid)) > before + 200);
}

/** Of the thread that has run most. */
async function nicenessOfRun(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const figures = await Promise.all(
    threads.map(async (thread) => {
      const line = await readFile(`/proc/${pid}/task/${thread}/stat`, "utf8");
      // Behind the name, which may have spaces: state is the first.
      const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
      return { ticks: Number(fields[11]), niceness: Number(fields[16]) };
    }),
  );
  return figures.reduce((most, each) => (each.ticks > most.ticks ? each : most)).niceness;
}

const workingFolder = (pid: number) => readlink(`/proc/${pid}/cwd`);
const isGone = async (folder: string) => {
  const found = await stat(folder).catch((cause) => cause.code);
  return found === "ENOENT";
};

describe("start and stop", () => {
  it("says which models are ready, in an empty folder that stop removes", () =>
    withEngine({}, async ({ engine, exits }) => {
      const ready = await engine.ready;
      assert.equal(ready.pid, engine.pid);
      assert.deepEqual(
        ready.models.map(({ name }) => name),
        ["negative", "endless"],
      );
      assert.ok(ready.models.every(({ loadMs, warmupMs }) => loadMs > 0 && warmupMs > 0));
      assert.match(ready.onnxruntimeVersion, /^1\.\d+\.\d+$/);
      const folder = await workingFolder(engine.pid);
      assert.deepEqual(await readdir(folder), []);
      const waiting = refusal("engine_lost", engine.run(endless));
      await engine.stop();
      await waiting;
      assert.equal(await isGone(folder), true);
      assert.deepEqual(exits, [], "an end that was asked for is no event");
      await refusal("engine_lost", engine.run(request(image, mask)));
      await engine.stop();
    }));

  it("runs behind the event loops of nodes, and so do the threads of its runs", () =>
    withEngine({}, async ({ engine }) => {
      await engine.ready;
      assert.equal(getPriority(engine.pid), 5);
      const waiting = refusal("engine_lost", engine.run(endless));
      await isBusy(engine.pid);
      assert.equal(await nicenessOfRun(engine.pid), 5);
      await engine.stop();
      await waiting;
    }));

  it("goes on when its whole group is told to end, until its owner ends it", () =>
    withEngine({}, async ({ engine, exits }) => {
      await engine.ready;
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
        process.kill(engine.pid, signal);
        await engine.run(request(image, mask));
      }
      assert.deepEqual(exits, []);
    }));

  it("stops before it is ready", () =>
    withEngine({}, async ({ engine }) => {
      const early = refusal("engine_lost", engine.run(request(image, mask)));
      await engine.stop();
      await refusal("engine_lost", engine.ready);
      await early;
    }));

  it("requests made before it is ready are answered", () =>
    withEngine({}, async ({ engine }) => {
      const reply = await engine.run(request(image, mask));
      assert.equal((await pixelsOfReply(repairedIn(reply))).data.length, 8 * 8 * 3);
    }));

  it("an engine that is not ready in time is killed", () =>
    withEngine({ startTimeoutMs: 1 }, async ({ engine, exited, exits }) => {
      await refusal("timeout", engine.ready);
      assert.equal((await exited).code, "timeout");
      assert.equal(exits.length, 1);
    }));

  it("a spec that does not fit is refused", () => {
    const model = { name: "negative", folder: "/nowhere" };
    const spec = { models: [model], threads: 1, startTimeoutMs: 1_000, runTimeoutMs: 1_000 };
    const unfit = [
      { ...spec, threads: 0 },
      { ...spec, runTimeoutMs: 0 },
      { ...spec, startTimeoutMs: 2 ** 31 },
      { ...spec, models: [] },
      { ...spec, models: [model, model] },
    ];
    for (const wrong of unfit) {
      assert.throws(
        () => EngineProcess.start(wrong, { exited: () => undefined }),
        (cause) => cause instanceof Failure && cause.code === "invalid",
      );
    }
  });
});

describe("a run that does not end", () => {
  it("is ended by killing the process; only the culprit is told timeout", () =>
    withEngine({ runTimeoutMs: 400 }, async ({ engine, exited, exits }) => {
      await engine.ready;
      const folder = await workingFolder(engine.pid);
      const replies = [endless, request(image, mask), request(image, mask)].map((each) =>
        engine.run(each),
      );
      const whys = await Promise.all([
        refusal("timeout", replies[0] ?? Promise.resolve()),
        // The files of the second were read meanwhile, which nobody blames for it.
        refusal("unavailable", replies[1] ?? Promise.resolve()),
        refusal("unavailable", replies[2] ?? Promise.resolve()),
      ]);
      assert.match(whys[0]?.detail ?? "", /a run of model endless took more than 400 ms/);
      assert.equal((await exited).code, "timeout");
      assert.equal(exits.length, 1);
      assert.equal(await isGone(folder), true);
    }));

  it("is timed from its own start, not from that of the one before", () =>
    withEngine({ runTimeoutMs: 1_500 }, async ({ engine }) => {
      await engine.ready;
      const first = engine.run(request(image, mask));
      const second = engine.run(endless);
      await first;
      const startedAt = performance.now();
      await refusal("timeout", second);
      assert.ok(performance.now() - startedAt > 1_400);
    }));

  it("a stopped process is killed all the same", () =>
    withEngine({ runTimeoutMs: 300 }, async ({ engine, exited }) => {
      await engine.ready;
      process.kill(engine.pid, "SIGSTOP");
      await refusal("timeout", engine.run(request(image, mask)));
      await exited;
    }));

  it("does not hold up stop", () =>
    withEngine({}, async ({ engine }) => {
      await engine.ready;
      const reply = refusal("engine_lost", engine.run(endless));
      await isBusy(engine.pid);
      await engine.stop();
      await reply;
    }));
});

describe("a process that is killed", () => {
  it("loses its requests, and says so once", () =>
    withEngine({}, async ({ engine, exited, exits }) => {
      await engine.ready;
      const replies = [endless, request(image, mask)].map((each) =>
        refusal("engine_lost", engine.run(each)),
      );
      await isBusy(engine.pid);
      process.kill(engine.pid, "SIGKILL");
      const [why] = await Promise.all(replies);
      assert.match(why?.detail ?? "", /ended by SIGKILL/);
      await exited;
      await refusal("unavailable", engine.run(request(image, mask)));
      await engine.stop();
      await refusal("engine_lost", engine.run(request(image, mask)));
      assert.equal(exits.length, 1);
    }));

  it("with a request that ran alone was ended by that one", () =>
    withEngine({}, async ({ engine, exited }) => {
      await engine.ready;
      // Aside, so that it is not taken for being in the way, however slow the machine is.
      const turn = { ...endless, isAlone: true, isAside: true } as const;
      const alone = refusal("model_failed", engine.attempt(turn));
      const behind = engine.attempt(request(image, mask));
      await isBusy(engine.pid);
      process.kill(engine.pid, "SIGKILL");
      assert.match((await alone).detail, /^its process ended when it ran alone: .*SIGKILL/);
      assert.equal((await behind).kind, "unbegun", "nothing was sent beside it");
      await exited;
    }));

  it("is no crash for whoever writes to it", () =>
    withEngine({}, async ({ engine, exited }) => {
      await engine.ready;
      const large = new Uint8Array(8 * 1024 * 1024);
      process.kill(engine.pid, "SIGKILL");
      const replies = Array.from({ length: 4 }, () => engine.run(request(large, large)));
      const codes = ["engine_lost", "engine_lost", "engine_lost", "unavailable"] as const;
      const ends = replies.map((reply, at) => refusal(codes[at] ?? "internal", reply));
      await Promise.all(ends);
      await exited;
    }));
});

describe("a request that is withdrawn", () => {
  it("is not even sent when the signal is aborted already", () =>
    withEngine({}, async ({ engine }) => {
      await refusal("cancelled", engine.run(request(image, mask), AbortSignal.abort()));
    }));

  it("leaves its place to the next, whether it waits, is decoded or runs", () =>
    withEngine({}, async ({ engine, exits }) => {
      await engine.ready;
      const large = await picture(1_500, 1_500, 3, new Uint8Array(1_500 * 1_500 * 3))
        .png()
        .toBuffer();
      const largeMask = await greyMask(1_500, 1_500, 255);
      const withdrawals = [0, 1, 2].map(() => new AbortController());
      const withdrawn = withdrawals.map(({ signal }) =>
        refusal("cancelled", engine.run(request(large, largeMask), signal)),
      );
      const kept = engine.run(request(image, mask));
      for (const withdrawal of withdrawals) withdrawal.abort();
      await Promise.all(withdrawn);
      assert.equal((await kept).figures.width, 8);
      assert.deepEqual(exits, []);
    }));

  it("rejects at once even while it runs, and its run is ended with the process", () =>
    withEngine({ runTimeoutMs: 60_000 }, async ({ engine, exited, ways }) => {
      await engine.ready;
      const withdrawal = new AbortController();
      const reply = refusal("cancelled", engine.run(endless, withdrawal.signal));
      await isBusy(engine.pid);
      withdrawal.abort();
      await reply;
      const why = await exited;
      assert.equal(why.code, "engine_lost");
      assert.match(why.detail, /was withdrawn and did not end/);
      assert.deepEqual(ways, ["broken off"]);
    }));
});

describe("many requests", () => {
  it("are answered in the order made, up to the bound, and one more is refused", () =>
    withEngine({}, async ({ engine }) => {
      const order: number[] = [];
      const replies = Array.from({ length: engineRequestsMax }, async (_, index) => {
        await engine.run(request(image, mask));
        order.push(index);
      });
      const why = await refusal("queue_full", engine.run(request(image, mask)));
      assert.match(why.detail, /holds 32 requests/);
      await Promise.all(replies);
      assert.deepEqual(order, [...order.keys()]);
      await engine.run(request(image, mask));
    }));
});
