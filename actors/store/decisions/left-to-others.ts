// Which tasks a node leaves to others: those that failed on it in a way that may be the node's fault, as
// long as somebody else who lives and takes tasks can run them, however busy that one is. Not for ever:
// `failure-strategy.ts` says for how long. The attempts tell where the task failed, so that a lease that was
// lost or given back meanwhile does not bring it back to where it failed.
import { canRun } from "#protocols/tasks/capability-match.ts";
import type { ClaimRequest } from "#protocols/tasks/claim-request.ts";
import { failureStrategies } from "#protocols/tasks/failure-strategy.ts";
import { isFailureClass } from "#protocols/tasks/task-failure.ts";
import type { AttemptFacts, TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { readable } from "./ending.ts";
import { WorkerGifts } from "./worker-gifts.ts";
import { needsIn } from "./worker-needs.ts";

/** Attempts that are looked at, newest first, for the last one that failed. */
const attemptsSeenMax = 8;

export type Leaving =
  | { readonly kind: "taken" }
  /** It failed here, and is tried here again. */
  | { readonly kind: "taken again"; readonly why: string }
  /** For so long, in milliseconds, unless the others go. */
  | { readonly kind: "left"; readonly waitMs: number };

const taken: Leaving = { kind: "taken" };

/** What one node leaves to others, as one claim sees it. */
export class Elsewhere {
  readonly #context: StoreContext;
  readonly #node: string;
  readonly #others: NonNullable<ClaimRequest["others"]>;
  /** By queue and needs. */
  readonly #known = new Map<string, boolean>();

  constructor(context: StoreContext, { node, others = [] }: Pick<ClaimRequest, "node" | "others">) {
    this.#context = context;
    this.#node = node;
    this.#others = others;
  }

  /** Milliseconds for which the node leaves the task to others; 0: it may have it. */
  waitMs(task: TaskRecord): number {
    const leaving = this.of(task);
    return leaving.kind === "left" ? leaving.waitMs : 0;
  }

  of(task: TaskRecord): Leaving {
    const failed = this.#lastFailed(task);
    if (failed?.node !== this.#node || !isFailureClass(failed.errorClass)) return taken;
    const { elsewhereMsMax } = failureStrategies[failed.errorClass];
    if (elsewhereMsMax === 0) return taken;
    if (!this.#isOfOthers(task)) return again(this.#node, "no other live worker can run it");
    const waitMs = task.runAt + elsewhereMsMax - this.#context.nowMs;
    if (waitMs > 0) return { kind: "left", waitMs };
    return again(this.#node, `no other worker took it within ${elsewhereMsMax / 1_000} s`);
  }

  /** Of a task that never failed nothing is read. */
  #lastFailed({ errorClass, taskId, attempt }: TaskRecord): AttemptFacts | undefined {
    if (errorClass === null) return undefined;
    const { shelf } = this.#context;
    const oldest = Math.max(1, attempt - attemptsSeenMax + 1);
    for (let number = attempt; number >= oldest; number -= 1) {
      // What is damaged shows itself when it is claimed.
      const seen = readable(() => shelf.attemptFacts(taskId, number));
      if (seen?.outcome === "failed" || seen?.outcome === "timed_out") return seen;
    }
    return undefined;
  }

  #isOfOthers({ queue, needs }: TaskRecord): boolean {
    const name = `${queue} ${needs}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const wanted = needsIn(needs);
    const { records } = this.#context;
    const isOfOthers = this.#others.some(
      (other) =>
        other.queues.includes(queue) &&
        wanted !== undefined &&
        canRun(wanted, new WorkerGifts(records, other)),
    );
    this.#known.set(name, isOfOthers);
    return isOfOthers;
  }
}

const again = (node: string, why: string): Leaving => ({
  kind: "taken again",
  why: `again on ${node}, where it failed: ${why}`,
});
