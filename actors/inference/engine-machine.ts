// What the owner of an engine needs of the machine: a process for the engine, and time. The owner decides all
// else by itself, so that a simulated world runs it as it is, on its own time and without a process.
import { EngineChild, type EngineChildEvents } from "./engine-child.ts";

/** The engine's process and the pipe to it, as `EngineChild` has it. */
export type EnginePipe = Pick<EngineChild, "gone" | "pid" | "send" | "leave" | "kill">;

export interface EngineMachine {
  /** Milliseconds of a clock that is never set. */
  now(): number;
  /** Calls it once so much later; what is answered calls that off, and may be called at any time. */
  after(ms: number, act: () => void): () => void;
  /** Starts the process, as `EngineChild.spawn`. */
  spawn(events: EngineChildEvents): EnginePipe;
}

export const thisMachine: EngineMachine = {
  now: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  spawn: (events) => EngineChild.spawn(events),
};
