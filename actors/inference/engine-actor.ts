// The actor that owns an engine process. When the process ends, this actor crashes: its supervisor
// starts it again with a new process, after a delay that grows.
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { ask, type Deferred, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { Context } from "#runtime/core/context.ts";
import { type EngineMachine, thisMachine } from "./engine-machine.ts";
import { type EngineEvents, EngineProcess } from "./engine-process.ts";
import type { EngineOutcome, EngineTurn } from "./engine-request.ts";
import type { EngineReady, EngineSpec } from "./engine-spec.ts";

/** Spoken only between an InferenceActor and its engine, on the same node. */
export interface Engine {
  /** Fails as `EngineProcess.attempt`. */
  run(turn: EngineTurn): EngineOutcome;
  /** Of the process that it has; one that is begun is waited for. */
  about(): EngineReady;
}
export const Engine = protocol<Engine>("inference.Engine@1", {
  run: ask({ within: 600_000 }),
  about: ask,
});

interface ProcessEnd {
  readonly pid: number;
  readonly failure: FailureData;
  readonly how: "lost" | "broken off";
}

interface Own {
  processEnded(end: ProcessEnd): void;
}

/** What a machine may be made of: time that passes for this life of the actor alone. */
export type EngineLife = Pick<Context<Engine>, "path" | "now" | "sleep">;

/** The actor for engines of that machine, which is asked for in each life. */
export function engineActorOn(machineOf: (life: EngineLife) => EngineMachine) {
  class EngineActor extends Actor<Engine, EngineSpec, Own> implements Handlers<Engine & Own> {
    static readonly protocol = Engine;
    static initial = (spec: EngineSpec): EngineSpec => spec;

    #process: EngineProcess | undefined;

    override async start(): Promise<void> {
      const { pid, models, onnxruntimeVersion } = await this.#begun().ready;
      this.ctx.log("info", "engine ready", { pid, models, onnxruntime: onnxruntimeVersion });
    }

    override async stopped(): Promise<void> {
      await this.#process?.stop();
    }

    run(turn: EngineTurn): Deferred<EngineOutcome> {
      return this.ctx.defer(this.#running().attempt(turn, this.ctx.signal));
    }

    about(): Deferred<EngineReady> {
      return this.ctx.defer(this.#running().ready);
    }

    /**
     * One that was broken off is replaced here: it is no failure, and uses up no restart. Of a process that
     * did not become ready the end is told by `start`; its message comes to the next life, which has another.
     */
    processEnded({ pid, failure: { code, detail }, how }: ProcessEnd): void {
      if (pid !== this.#process?.pid) return;
      if (how === "lost") throw new Failure(code, detail);
      this.ctx.log("info", `a new engine process is started: ${detail}`);
      this.#begun();
    }

    /** Requests that come before it is ready wait for it. */
    #begun(): EngineProcess {
      const { ctx } = this;
      const exited: EngineEvents["exited"] = (why, how) =>
        ctx.send("processEnded", { pid: begun.pid, failure: why.toData(), how });
      const begun = EngineProcess.start(this.state, { exited }, machineOf(ctx));
      this.#process = begun;
      return begun;
    }

    #running(): EngineProcess {
      if (this.#process) return this.#process;
      throw new Failure("internal", "messages are handled after start, so there is a process");
    }
  }
  return EngineActor;
}

/** For engines that are processes of this machine. */
export const EngineActor = engineActorOn(() => thisMachine);
