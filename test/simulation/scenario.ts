// What a scenario is: a run of a small world, everything in it drawn from one seed.

export interface RunReport {
  readonly seed: number;
  readonly virtualMs: number;
  readonly events: number;
  /** SHA-256 of everything that happened. */
  readonly digest: string;
  /** How often what the scenario is about happened: none in many runs means that it tests nothing. */
  readonly facts: Readonly<Record<string, number>>;
  /** Undefined when every promise was kept. */
  readonly failure: RunFailure | undefined;
}

export interface RunFailure {
  readonly statement: string;
  /** The last processes, connections and faults before, and the last of everything, oldest first. */
  readonly lastMarks: readonly string[];
  readonly lastLines: readonly string[];
}

export interface Scenario {
  readonly name: string;
  /** Equal seeds, equal reports. Never fails: what goes wrong is in the report. */
  run(seed: number): RunReport;
}
