// Old values made new: what a class wrote in an earlier version is brought to its present one, a
// step a version, so that the class itself knows only the newest form. Pure.
//
//   written by version 1 ──steps[1]──► 2 ──steps[2]──► 3   the class's version
import { Failure } from "#protocols/failure.ts";
import { persistenceLimits } from "./persistence-limits.ts";

/** Makes a value of the next version; changes nothing else and asks nobody. */
export type Upcaster = {
  // A method's parameter may be narrower: each step knows its own old form.
  step(value: unknown): unknown;
}["step"];

/** By the version that is read: step 1 makes version 2 of version 1. */
export type UpcastSteps = Readonly<Record<number, Upcaster>>;

export class Upcasting {
  readonly #version: number;
  readonly #steps: UpcastSteps;

  /** Throws `invalid`, naming `what`, unless there is exactly one step for each older version. */
  constructor(what: string, version: number, steps: UpcastSteps) {
    checkSchemaVersion(what, version);
    checkSteps(what, steps);
    const given = Object.keys(steps).map(Number);
    for (let from = 1; from < version; from += 1) {
      if (typeof steps[from] === "function") continue;
      const text = `${what} of version ${version} cannot read version ${from}: add the step ${from} that makes ${from + 1} of it`;
      throw new Failure("invalid", text);
    }
    const unknown = given.find((from) => !Number.isInteger(from) || from < 1 || from >= version);
    if (unknown !== undefined) {
      const text = `${what} of version ${version} has a step ${unknown}: steps are for 1 to ${version - 1}; raise the version with a new step`;
      throw new Failure("invalid", text);
    }
    this.#version = version;
    this.#steps = steps;
  }

  /**
   * Throws `corrupt` for what is no version, and `invalid` for one that this class does not know yet,
   * or whose step throws.
   */
  cast(value: unknown, from: number, what: string): unknown {
    if (!Number.isInteger(from) || from < 1) {
      const text = `${what} is said to be of version ${from}, and versions are whole numbers from 1: restore a backup`;
      throw new Failure("corrupt", text);
    }
    if (from > this.#version) {
      const text = `${what} was written by version ${from} of its class, and this is version ${this.#version}: run the newer program`;
      throw new Failure("invalid", text);
    }
    let cast = value;
    for (let version = from; version < this.#version; version += 1) {
      cast = this.#step(cast, version, what);
    }
    return cast;
  }

  #step(value: unknown, version: number, what: string): unknown {
    try {
      return this.#steps[version]?.(value);
    } catch (cause) {
      const text = `${what} could not be brought from version ${version} to ${version + 1}: ${Failure.of(cause).detail}; mend that step`;
      throw new Failure("invalid", text, cause);
    }
  }
}

function checkSteps(what: string, steps: UpcastSteps): void {
  if (typeof steps === "object" && !Array.isArray(steps)) return;
  const seen = Array.isArray(steps) ? "a list" : `a ${typeof steps}`;
  const text = `the upcasters of ${what} are an object with a function for each older version, as { 1: (value) => … }, not ${seen}`;
  throw new Failure("invalid", text);
}

/** Throws `invalid` for what is no version. */
export function checkSchemaVersion(what: string, version: number): void {
  const { schemaVersionMax } = persistenceLimits;
  if (Number.isInteger(version) && version >= 1 && version <= schemaVersionMax) return;
  const text = `${what} has the version ${version}: it is a whole number from 1 to ${schemaVersionMax}`;
  throw new Failure("invalid", text);
}
