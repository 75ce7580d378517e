// Who is measured, and how: a contender is a runtime (or a hand-written loop) that does the works it
// can. Each trial has a process of its own, so that every contender begins with a fresh heap:
//
//   work(setting)   sets actors up
//   trial.run(n)    does n operations and answers how many its own actors counted     (warm-up)
//   trial.run(n)    … the same again, with the clock running                          (measured)

/** What can be done; a contender need not do all. */
export type WorkName =
  | "tell"
  | "observed tell"
  | "ask"
  | "ping-pong"
  | "spawn"
  | "ring"
  | "fan-in"
  | "scattered"
  | "ten among many"
  | "restart"
  | "lateness"
  | "fairness"
  | "quiet alone"
  | "simulated events"
  | "simulated time";

export interface Setting {
  /** How many actors take part, beside one or two that feed them. */
  readonly actors: number;
}

export interface Done {
  /** Operations that the contender's own actors counted. */
  readonly count: number;
  readonly latenciesMs?: readonly number[];
}

export interface Trial {
  /** Does so many operations, or goes on for so many milliseconds when the work is timed. */
  run(count: number): Promise<Done>;
  /** Sends each actor that was spawned so far a message: how many have answered for themselves. */
  livingCount?(): Promise<number>;
}

export type Work = (setting: Setting) => Trial | Promise<Trial>;

export type Works = Readonly<Partial<Record<WorkName, Work>>>;

/** What a module under contenders/ exports. */
export interface Contender {
  readonly works: Works;
}
