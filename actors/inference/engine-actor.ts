// The actor that owns an engine process. When the process ends, this actor crashes: its supervisor
// starts it again with a new process, after a delay that grows.
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { ask, type Deferred, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { EngineProcess } from "./engine-process.ts";
import type { RunReply, RunRequest } from "./engine-request.ts";
import type { EngineReady, EngineSpec } from "./engine-spec.ts";

/** Spoken only between an InferenceActor and its engine, on the same node. */
export interface Engine {
  /** Fails with the codes of `EngineProcess.run`. */
  run(request: RunRequest): RunReply;
  about(): EngineReady;
}
export const Engine = protocol<Engine>("inference.Engine@1", {
  run: ask({ within: 600_000 }),
  about: ask,
});

interface Own {
  processEnded(failure: FailureData): void;
}

export class EngineActor extends Actor<Engine, EngineSpec, Own> implements Handlers<Engine & Own> {
  static readonly protocol = Engine;
  static initial = (spec: EngineSpec): EngineSpec => spec;

  #process: EngineProcess | undefined;
  #ready: EngineReady | undefined;

  override async start(): Promise<void> {
    const { ctx } = this;
    this.#process = EngineProcess.start(this.state, {
      exited: (why) => ctx.send("processEnded", why.toData()),
    });
    this.#ready = await this.#process.ready;
    this.ctx.log("info", "engine ready", {
      pid: this.#ready.pid,
      models: this.#ready.models,
      onnxruntime: this.#ready.onnxruntimeVersion,
    });
  }

  override async stopped(): Promise<void> {
    await this.#process?.stop();
  }

  run(request: RunRequest): Deferred<RunReply> {
    return this.ctx.defer(this.#running().run(request, this.ctx.signal));
  }

  about(): EngineReady {
    if (this.#ready) return this.#ready;
    throw new Failure("internal", "messages are handled after start, so the engine is ready");
  }

  processEnded({ code, detail }: FailureData): void {
    throw new Failure(code, detail);
  }

  #running(): EngineProcess {
    if (this.#process) return this.#process;
    throw new Failure("internal", "messages are handled after start, so there is a process");
  }
}
