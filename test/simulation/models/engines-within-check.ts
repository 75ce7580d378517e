// A version has never more engines than its configuration says, those that are being started and those that
// leave among them; and all that live on a node have never more memory than its worker is given.
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import { type ModelFacts, readFact } from "./model-facts.ts";
import type { WorldTerms } from "./model-rules.ts";

interface Living extends Pick<ModelFacts["launched"], "copy" | "memoryBytes"> {
  readonly event: number;
}

export const enginesWithin =
  ({ memoryBytesMax }: Pick<WorldTerms, "memoryBytesMax">): Check =>
  () => {
    const living = new Map<string, Map<number, Living>>();
    return {
      name: "engines within bounds",
      saw(event) {
        const life = `${event.node}.${event.incarnation}`;
        if (event.kind === "node-ended") living.delete(life);
        if (event.kind !== "fact") return;
        const engines = living.get(life) ?? new Map<number, Living>();
        living.set(life, engines);
        if (event.name === "gone") engines.delete(readFact("gone", event.about).engine);
        if (event.name !== "launched") return;
        const { engine, copy, memoryBytes, enginesMax } = readFact("launched", event.about);
        engines.set(engine, { copy, memoryBytes, event: event.id });
        const all = [...engines.values()];
        const own = all.filter((one) => one.copy === copy);
        if (own.length > enginesMax) {
          const text = `${copy} has ${own.length} engines, more than ${enginesMax}`;
          throw broken(
            text,
            own.map((one) => one.event),
          );
        }
        const bytes = all.reduce((sum, one) => sum + one.memoryBytes, 0);
        if (memoryBytesMax !== null && bytes > memoryBytesMax) {
          const text = `the engines of ${event.node} have ${bytes} bytes, more than ${memoryBytesMax}`;
          throw broken(
            text,
            all.map((one) => one.event),
          );
        }
      },
    };
  };
