// What a class says about how its actors are kept, and that said in full and checked. Pure.
import { Failure } from "#protocols/failure.ts";
import {
  checkSnapshotPolicy,
  type SnapshotPolicy,
  snapshotPolicyDefault,
} from "./snapshot-policy.ts";
import { checkId } from "./store-call.ts";
import { Upcasting, type UpcastSteps } from "./upcasting.ts";

/** The id of one actor from its first state; unique in its store, and the same after a restart. */
export type IdOf = {
  // A method's parameter may be narrower: it is the class's own state.
  of(state: unknown): string;
}["of"];

/** `static readonly persistence` of a `DurableActor`. */
export interface StateSpec {
  readonly id: string | IdOf;
  /** Of the state's form. Default: 1. Raise it when an older state no longer fits, with a step. */
  readonly version?: number;
  /** Makes older states new; a step for each version before this one. */
  readonly upcastState?: UpcastSteps;
}

/** `static readonly persistence` of a `PersistentActor`. */
export interface JournalSpec extends StateSpec {
  /** Makes older events new; a step for each version before this one. */
  readonly upcast?: UpcastSteps;
  /** Default: each 1,000 events or 4 MiB of them. The one before is kept as well. */
  readonly snapshot?: SnapshotPolicy | "never";
  /** Whether events that two snapshots cover stay in the journal. Default: `keep`. */
  readonly history?: "keep" | "drop";
}

export interface StateTerms {
  readonly keeps: "state";
  readonly id: string | IdOf;
  readonly version: number;
  readonly states: Upcasting;
}

export interface JournalTerms {
  readonly keeps: "events";
  readonly id: string | IdOf;
  readonly version: number;
  readonly events: Upcasting;
  /** Undefined: older snapshots are passed over, and all events are read instead. */
  readonly states: Upcasting | undefined;
  readonly snapshot: SnapshotPolicy | "never";
  readonly history: "keep" | "drop";
}

/** Throws `invalid`, naming the class and what makes no sense. */
export function stateTerms(name: string, spec: StateSpec): StateTerms {
  checkOptions(name, spec, ["id", "version", "upcastState"]);
  const version = spec.version ?? 1;
  const states = new Upcasting(`the state of ${name}`, version, spec.upcastState ?? {});
  return { keeps: "state", id: spec.id, version, states };
}

/** Throws `invalid`, naming the class and what makes no sense. */
export function journalTerms(name: string, spec: JournalSpec): JournalTerms {
  checkOptions(name, spec, ["id", "version", "upcast", "upcastState", "snapshot", "history"]);
  const { version = 1, snapshot = snapshotPolicyDefault, history = "keep", upcastState } = spec;
  const events = new Upcasting(`an event of ${name}`, version, spec.upcast ?? {});
  const canReadAllStates = version === 1 || upcastState !== undefined;
  const states = canReadAllStates
    ? new Upcasting(`the state of ${name}`, version, upcastState ?? {})
    : undefined;
  checkSnapshotPolicy(snapshot);
  if (history !== "keep" && history !== "drop") {
    throw new Failure("invalid", `history of ${name} is "keep" or "drop", not ${String(history)}`);
  }
  if (history === "drop" && snapshot === "never") {
    const text = `${name} drops the history that snapshots cover, but takes none: give it a snapshot policy, or keep its history`;
    throw new Failure("invalid", text);
  }
  if (history === "drop" && !states) {
    const text = `${name} drops its history, so older states must stay readable: add upcastState`;
    throw new Failure("invalid", text);
  }
  return { keeps: "events", id: spec.id, version, events, states, snapshot, history };
}

/** Throws `invalid` when the class makes no id of this state. */
export function persistenceIdOf({ id }: StateTerms | JournalTerms, state: unknown): string {
  const persistenceId = typeof id === "string" ? id : id(state);
  checkId(persistenceId);
  return persistenceId;
}

function checkOptions(name: string, spec: StateSpec, known: readonly string[]): void {
  if (typeof spec !== "object" || spec === null) {
    const text = `${name} says nothing of how it is kept: give it a static persistence with an id`;
    throw new Failure("invalid", text);
  }
  const unknown = Object.keys(spec).find((option) => !known.includes(option));
  if (unknown !== undefined) {
    const text = `persistence of ${name} has no option ${unknown}, only ${known.join(", ")}`;
    throw new Failure("invalid", text);
  }
  if (typeof spec.id === "string") checkId(spec.id);
  else if (typeof spec.id !== "function") {
    throw new Failure("invalid", `persistence of ${name} needs an id: a text, or (state) => text`);
  }
}
