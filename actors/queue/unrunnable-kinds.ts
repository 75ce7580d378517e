// What waits and no worker can run as they are now, and since when. Pure; milliseconds of a clock that
// never goes back.
import { queueLimits } from "#protocols/queue-limits.ts";
import type { WaitingKind } from "#protocols/tasks/claim-request.ts";
import type { UnrunnableKind } from "#protocols/tasks/queue.ts";
import { type Runner, unmetOf } from "./decisions/lacks.ts";

export interface UnrunnableSight {
  /** The first `unrunnableToldMax` of them. */
  readonly told: readonly UnrunnableKind[];
  readonly isMore: boolean;
}

export class UnrunnableKinds {
  #since = new Map<string, number>();

  /** Those of the waiting kinds that nobody can run. */
  seen(kinds: readonly WaitingKind[], workers: readonly Runner[], nowMs: number): UnrunnableSight {
    const former = this.#since;
    this.#since = new Map();
    const found: UnrunnableKind[] = [];
    const { unrunnableToldMax: most } = queueLimits;
    for (const kind of kinds) {
      const lacks = unmetOf(kind, workers);
      if (lacks.length === 0) continue;
      const name = nameOf(kind);
      const since = former.get(name) ?? nowMs;
      this.#since.set(name, since);
      if (found.length < most) found.push({ ...kind, lacks, forMs: nowMs - since });
    }
    return { told: found, isMore: this.#since.size > most };
  }
}

const nameOf = ({ queue, model, requiredSkills, skillLevel, machine }: WaitingKind): string =>
  JSON.stringify([queue, model, requiredSkills, skillLevel, machine]);
