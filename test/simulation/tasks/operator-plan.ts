// What an operator orders in a run of the tasks scenario, and when, by its seed.
import type { Chance } from "#runtime/testkit/simulation/chance.ts";
import type { Step } from "#runtime/testkit/simulation/run-plan.ts";

export interface OperatorGround {
  readonly chance: Chance;
  /** Where the operator is. */
  readonly node: string;
  readonly workers: readonly string[];
  readonly count: number;
  moment(): number;
}

/** Of one's own: it counts how often it comes to its handler. */
export const countCommand = "COUNT";

const commands = [
  ...["CANCEL_TASK", "CANCEL_TASK", "PAUSE_NODE", "PAUSE_NODE", "RESUME_NODE", "RESUME_NODE"],
  ...["UPDATE_CONFIG", "UPDATE_CONFIG", countCommand, countCommand, "RESTART_NODE", "PING"],
];

/** Who answers it; and that it was issued, as a fact. */
export const deskNode = "d";
export const countIssued = `${countCommand} issued`;

/** Of all but the count, which is over before a worker that stood still goes on. */
export const timeoutMs = 4_000;
export const countTimeoutMs = 1_000;

/** The first worker is held at times; the others are there for its tasks. */
const isOfFirst = (command: string): boolean =>
  command === "PAUSE_NODE" || command === "RESUME_NODE";

export function planCommands(ground: OperatorGround): readonly Step[] {
  const { chance, node, workers, count, moment } = ground;
  const [first = node] = workers;
  return Array.from({ length: count }, (_, index) => {
    const command = chance.pick(commands) ?? "PING";
    const worker = isOfFirst(command) ? first : (chance.pick(workers) ?? first);
    const pick = chance.count({ min: 0, max: 1_000_000 });
    // Twice at once, as from one who does not wait for the answer; and again behind it.
    const atOnce = chance.happens(0.2) ? 2 : 1;
    const again = chance.happens(0.4) ? 1 : 0;
    const number = index + 1;
    const terms = { commandId: `command-${number}`, number, command, worker, pick, atOnce, again };
    return { atMs: moment(), node, act: "command", terms };
  });
}

/** What a queue's document sets, of which nothing in these worlds comes near. */
export const configuredQueue = "patient";
const markMin = 1_000_000_000;
export const markOf = (number: number): number => markMin + number;
/** Sets nothing: all is as in the file again. */
export const undoDocument = "{}";
const undoneOf = 3;

/** One in three undoes what was set, as the pick says. */
export const documentOf = ({
  number,
  pick,
}: Readonly<Record<"number" | "pick", number>>): string =>
  pick % undoneOf === 0 ? undoDocument : JSON.stringify({ pendingBytesMax: markOf(number) });

/** Of that worker: it was ordered to come back anew. */
export const orderedAway = (worker: string): string => `ordered away ${worker}`;
