// The actor above an engine process, whose supervisor forgives it nothing.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { it } from "node:test";
import { type Engine, EngineActor } from "#actors/inference/engine-actor.ts";
import type { EngineSpec } from "#actors/inference/engine-spec.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";
import { greyMask, picture, refusal, request, testFolder } from "./engine/engine-fixture.ts";
import { endlessModel, writeModel } from "./engine/onnx-file.ts";

interface Strict {
  engine(): Ref<Engine>;
}
const Strict = protocol<Strict>("test.Strict@1", { engine: ask });

class StrictActor extends Actor<Strict, EngineSpec> implements Handlers<Strict> {
  static readonly protocol = Strict;
  static readonly supervise = {
    strategy: "one-for-one",
    restartsMax: 0,
    withinMs: 60_000,
    backoff: { delayMsMin: 1, delayMsMax: 1, factor: 1, jitter: 0 },
  } as const;
  static initial = (spec: EngineSpec): EngineSpec => spec;
  #engine: Ref<Engine> | undefined;

  override start(): void {
    this.#engine = this.ctx.spawn(EngineActor, this.state, { name: "engine" });
  }

  engine(): Ref<Engine> {
    assert.ok(this.#engine);
    return this.#engine;
  }
}

const shade = (value: number): Promise<Buffer> =>
  picture(8, 8, 3, new Uint8Array(8 * 8 * 3).fill(value))
    .png()
    .toBuffer();

it("a process that is killed since nobody waits for its run is replaced, and uses up no restart", {
  timeout: 60_000,
}, async () => {
  const folder = await testFolder();
  const models = [{ name: "endless", folder: await writeModel(folder, "endless", endlessModel()) }];
  const spec = { models, threads: 1, startTimeoutMs: 30_000, runTimeoutMs: 60_000 };
  const system = await startLocalSystem({ log: { write: () => undefined } });
  try {
    const engine = await system.spawn(StrictActor, spec).engine();
    const mask = await greyMask(8, 8, 255);
    const [white, grey] = await Promise.all([shade(255), shade(100)]);
    const turnOf = (image: Uint8Array) => request(image, mask, { model: "endless" });
    const { pid } = await engine.$.with({ within: 30_000 }).about();
    for (let round = 0; round < 2; round++) {
      const stop = new AbortController();
      const { signal } = stop;
      const run = refusal("cancelled", engine.$.with({ signal }).run(turnOf(white)));
      // Read beside it, and done by the process that takes the place of the one with the endless run.
      const behind = engine.run(turnOf(grey));
      await new Promise((resolve) => setTimeout(resolve, 500));
      stop.abort();
      await run;
      assert.equal((await behind).kind, "unbegun");
      assert.equal((await engine.run(turnOf(grey))).kind, "done");
    }
    assert.notEqual((await engine.about()).pid, pid, "it says which process it has now");
  } finally {
    await system.stop();
    await rm(folder, { recursive: true });
  }
});
