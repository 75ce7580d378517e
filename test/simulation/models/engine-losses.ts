// Which requests were in engines that ended. Whoever was in two of them is taken for the cause: of one that ran
// alone nobody can tell whether it was to blame, or bad luck that came twice.
import type { HistoryEvent } from "#runtime/testkit/simulation/history.ts";
import { readFact } from "./model-facts.ts";

/** An engine that was lost though nothing in it was at fault. */
export const lostByChance = "was lost";

interface Losses {
  readonly all: number;
  readonly byChance: number;
}

export class EngineLosses {
  readonly #of = new Map<string, Losses>();

  saw(event: HistoryEvent): void {
    if (event.kind !== "fact" || event.name !== "gone") return;
    const { how, requests } = readFact("gone", event.about);
    for (const request of requests) {
      const key = `${event.node}.${event.incarnation} ${request}`;
      const { all, byChance } = this.#of.get(key) ?? { all: 0, byChance: 0 };
      const chance = how === lostByChance ? 1 : 0;
      this.#of.set(key, { all: all + 1, byChance: byChance + chance });
    }
  }

  /** `life`: `node.incarnation`. */
  mayBeBlamed(life: string, request: number): boolean {
    const losses = this.#of.get(`${life} ${request}`);
    return losses !== undefined && losses.all > 1 && losses.byChance > 0;
  }
}
