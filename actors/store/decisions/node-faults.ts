// Whom lost leases are blamed on. A process that dies has failed once, however many tasks it held; and
// it may be a task that ends its workers, which then goes from one node to the next:
//
//   node a ──lost──► node b ──lost──► node c …      the task is suspected, and only a was blamed
//   node a ──lost──► node a ──lost──► node b: done  the node was at fault, and was blamed each time
import type { NodeFault } from "#protocols/tasks/store.ts";
import type { LeaseRecord, TaskRecord } from "../records.ts";
import type { ShelfReads } from "../shelf.ts";
import { readable } from "./ending.ts";

/** Of a task that lost its lease: `suspected` may have ended its worker itself. */
export type LossVerdict = "node" | "suspected";

/** O(attempts of the task), once it has lost a lease before. */
export function verdictOn(
  { lostLeases, taskId }: TaskRecord,
  { attempt, node }: Pick<LeaseRecord, "attempt" | "node">,
  shelf: Pick<ShelfReads, "attemptFacts">,
): LossVerdict {
  let left = lostLeases;
  for (let former = attempt - 1; former > 0 && left > 0; former -= 1) {
    // What is damaged shows itself when it is claimed.
    const seen = readable(() => shelf.attemptFacts(taskId, former));
    if (seen?.outcome !== "lease_expired") continue;
    if (seen.node !== node) return "suspected";
    left -= 1;
  }
  return "node";
}

/** What was lost in one go, by node. */
export class NodeFaults {
  readonly #faults = new Map<string, NodeFault>();

  lost(node: string, verdict: LossVerdict): void {
    const former = this.#faults.get(node);
    const isBlamed = verdict === "node" && (former?.isBlamed ?? true);
    const attempts = (former?.attempts ?? 0) + 1;
    this.#faults.set(node, { node, class: "node_lost", attempts, isBlamed });
  }

  get all(): readonly NodeFault[] {
    return [...this.#faults.values()];
  }
}
