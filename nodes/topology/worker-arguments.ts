// Arguments of a task-worker that its base reads: checked here, since a worker that refuses them at its start
// is begun anew for ever while its tasks wait. All others are the class's own. Pure.
import { limits } from "#protocols/limits.ts";
import type { KeyPath, Problem } from "#protocols/outside/problem.ts";
import type { ActorDocument } from "#protocols/outside/topology.ts";

type Arguments = NonNullable<ActorDocument["arguments"]>;
type Value = Arguments[string];

interface Bound {
  readonly wanted: string;
  readonly holds: (value: Value) => boolean;
}

const bounds: ReadonlyMap<string, Bound> = new Map([
  [
    "graceMs",
    {
      wanted: "a number of milliseconds above 0",
      holds: (value) => typeof value === "number" && value > 0,
    },
  ],
  [
    "batchMax",
    {
      wanted: `a whole number from 1 to ${limits.workerSlotsMax}`,
      holds: (value) => {
        const isWhole = typeof value === "number" && Number.isInteger(value);
        return isWhole && value >= 1 && value <= limits.workerSlotsMax;
      },
    },
  ],
]);

/** What the topology says elsewhere, which would win. */
const elsewhere: ReadonlyMap<string, string> = new Map([
  ["slots", "settings: { slots: 2 }"],
  ["queues", "settings: { classes: [...] }"],
  ["skills", "settings: { skills: [...] }"],
  ["tags", "settings: { tags: [...] }"],
  ["machine", "the node's capability"],
  ["modelsStated", "models: [...]"],
]);

export function argumentProblems(given: Arguments, at: KeyPath): readonly Problem[] {
  return Object.entries(given).flatMap(([name, value]): readonly Problem[] => {
    const path = [...at, name];
    const place = elsewhere.get(name);
    if (place !== undefined) {
      const message = `${name} is no argument: what the topology says of it stands elsewhere`;
      return [{ path, at: "key", message, remedy: `remove it, and write ${place}` }];
    }
    const bound = bounds.get(name);
    if (bound === undefined || bound.holds(value)) return [];
    const message = `is ${JSON.stringify(value)}, which no worker starts with`;
    return [{ path, at: "value", message, remedy: `write ${bound.wanted}` }];
  });
}
