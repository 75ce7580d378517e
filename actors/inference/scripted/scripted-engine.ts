// An engine without a process and without a network, on the time of its node: it does what a script says, for
// whoever tests what a cluster does about engines that are slow, fail, hang or end.
import { Failure } from "#protocols/failure.ts";
import type { Deferred, Handlers } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { Engine, type Engine as EngineCalls } from "../engine-actor.ts";
import type { EngineOutcome, EngineTurn } from "../engine-request.ts";
import type { EngineModel, EngineReady, EngineSpec } from "../engine-spec.ts";
import type { EngineClass } from "../repository/served-version.ts";
import { type EngineScript, plainScript } from "./engine-script.ts";
import { scriptedOutcome } from "./scripted-outcome.ts";

export interface EngineScripts {
  /** Asked whenever an engine starts, and read at each of its requests. */
  of(model: EngineModel): EngineScript | Promise<EngineScript>;
  /** One is being started, or has ended. Default: nobody counts them. */
  counted?(change: 1 | -1): void;
}

interface Own {
  lose(detail: string): void;
}

export function scriptedEngine(scripts: EngineScripts): EngineClass {
  class ScriptedEngine
    extends Actor<EngineCalls, EngineSpec, Own>
    implements Handlers<EngineCalls & Own>
  {
    static readonly protocol = Engine;
    static initial = (spec: EngineSpec): EngineSpec => spec;

    #script: EngineScript = plainScript;
    #requests = 0;
    readonly #lost = new AbortController();

    override async start(): Promise<void> {
      scripts.counted?.(1);
      this.#script = await scripts.of(this.#model);
      const { loadMs, unloadable, lostAfterMs } = this.#script;
      await this.ctx.sleep(loadMs);
      if (unloadable) throw new Failure(unloadable.code, unloadable.detail);
      if (lostAfterMs === undefined) return;
      this.ctx.after(lostAfterMs, "lose", "the process was lost, as the script says");
    }

    override stopped(): void {
      scripts.counted?.(-1);
      this.#lost.abort();
    }

    run(turn: EngineTurn): Deferred<EngineOutcome> {
      this.#requests += 1;
      const { ctx } = this;
      const outcome = scriptedOutcome(turn, {
        ...{ number: this.#requests, script: this.#script, model: this.#model },
        ...{ limitMs: this.state.runTimeoutMs, signal: ctx.signal, lost: this.#lost.signal },
        sleep: (ms, signal) => ctx.sleep(ms, signal),
        lose: (detail) => ctx.send("lose", detail),
      });
      return ctx.defer(outcome);
    }

    about(): EngineReady {
      const { loadMs, requestsMax } = this.#script;
      const shape = [1, 3, "height", "width"];
      const port = { type: "float32", shape };
      const ports = {
        inputs: [{ name: "image", ...port }],
        outputs: [{ name: "result", ...port }],
      };
      const { name } = this.#model;
      const device = { platform: "scripted", device: "none", notes: [] };
      const models = [{ name, ...device, loadMs, warmupMs: 0, warmRuns: [], ...ports }];
      return { pid: 0, models, requestsMax, onnxruntimeVersion: "none" };
    }

    lose(detail: string): void {
      throw new Failure("engine_lost", detail);
    }

    get #model(): EngineModel {
      const [model] = this.state.models;
      if (model) return model;
      throw new Failure("internal", "an engine has a model");
    }
  }
  return ScriptedEngine;
}
