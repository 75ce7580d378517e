// An engine without a process, on the time of its node: how long it loads and runs, and what fails, is a
// script that the test may change while it goes on.
import { Engine, type Engine as EngineCalls } from "#actors/inference/engine-actor.ts";
import type { EngineOutcome, EngineTurn } from "#actors/inference/engine-request.ts";
import type { EngineReady, EngineSpec } from "#actors/inference/engine-spec.ts";
import type { EngineClass } from "#actors/inference/repository/served-version.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Deferred, Handlers } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";

export interface EngineScript {
  loadMs: number;
  runMs: number;
  /** Versions that cannot be loaded, by number. */
  readonly unloadable: Map<number, FailureData>;
  /** Milliseconds until the process of that version is lost after it was ready; taken once each. */
  readonly losses: Map<number, number[]>;
  /** How many live, and how many there were. */
  alive: number;
  started: number;
}

export const newScript = (): EngineScript => ({
  ...{ loadMs: 1_000, runMs: 100, alive: 0, started: 0 },
  ...{ unloadable: new Map(), losses: new Map() },
});

interface Own {
  lose(): void;
}

/** A reply bears the version that gave it as its only byte. */
export function scriptedEngine(script: EngineScript): EngineClass {
  class ScriptedEngine
    extends Actor<EngineCalls, EngineSpec, Own>
    implements Handlers<EngineCalls & Own>
  {
    static readonly protocol = Engine;
    static initial = (spec: EngineSpec): EngineSpec => spec;

    override async start(): Promise<void> {
      script.started += 1;
      script.alive += 1;
      await this.ctx.sleep(script.loadMs);
      const refused = script.unloadable.get(this.#version);
      if (refused) throw new Failure(refused.code, refused.detail);
      const lossMs = script.losses.get(this.#version)?.shift();
      if (lossMs !== undefined) this.ctx.after(lossMs, "lose");
    }

    override stopped(): void {
      script.alive -= 1;
    }

    run(_: EngineTurn): Deferred<EngineOutcome> {
      const { signal } = this.ctx;
      return this.ctx.defer(this.ctx.sleep(script.runMs, signal).then(() => this.#reply()));
    }

    about(): EngineReady {
      const shape = [1, 3, "height", "width"];
      const [model] = this.state.models;
      const ports = { inputs: [{ name: "image", type: "float32", shape }], outputs: [] };
      const times = { loadMs: script.loadMs, warmupMs: 0, warmRuns: [] };
      const device = { device: "cpu", notes: [] };
      const models = [
        { name: model?.name ?? "", platform: "script", ...device, ...times, ...ports },
      ];
      return { pid: 1, models, onnxruntimeVersion: "0.0.0" };
    }

    lose(): void {
      throw new Failure("engine_lost", "the process was lost, as the script says");
    }

    get #version(): number {
      return this.state.models[0]?.version ?? 0;
    }

    #reply(): EngineOutcome {
      const times = { decodeMs: 1, inferMs: script.runMs - 2, encodeMs: 1 };
      const bytes = Uint8Array.of(this.#version);
      const files = [{ name: "image", contentType: "image/png", bytes }];
      return { kind: "done", reply: { files, figures: {}, times } };
    }
  }
  return ScriptedEngine;
}
