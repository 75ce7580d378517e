// Which tasks a node should leave to others: those that failed on it in a way that may be the node's
// fault. Only while another node could come for them, and not for long: rather here than never.
import { failureStrategies } from "#protocols/tasks/failure-strategy.ts";
import type { NodeState } from "#protocols/tasks/node-record.ts";
import { isFailureClass } from "#protocols/tasks/task-failure.ts";
import { type NodeRow, nodeTable } from "../records/node-tables.ts";
import type { TaskRecord } from "../records.ts";
import type { StoreContext } from "../store-context.ts";
import { readable } from "./ending.ts";

/** From when the task may run again; then any node may have it. */
export const elsewhereMsMax = 3_000;

/** Nodes that are looked at; among more there is surely another. */
const nodesSeenMax = 16;
const alive: readonly NodeState[] = ["online", "busy"];

/** What one node leaves to others, as one claim sees it: it looks at the other nodes once for each model. */
export class Elsewhere {
  readonly #context: StoreContext;
  readonly #node: string;
  readonly #hasOthers = new Map<string, boolean>();

  constructor(context: StoreContext, node: string) {
    this.#context = context;
    this.#node = node;
  }

  /** Milliseconds for which the node leaves the task to others; 0: it may have it. */
  waitMs({ errorClass, taskId, attempt, runAt, model }: TaskRecord): number {
    if (!isFailureClass(errorClass) || failureStrategies[errorClass].place === "anywhere") return 0;
    const { shelf, nowMs } = this.#context;
    const leftMs = runAt + elsewhereMsMax - nowMs;
    if (leftMs <= 0) return 0;
    // What is damaged shows itself when it is claimed.
    const last = readable(() => shelf.attempt(taskId, attempt));
    if (last?.node !== this.#node) return 0;
    return this.#isOfOthers(model) ? leftMs : 0;
  }

  #isOfOthers(model: string): boolean {
    const known = this.#hasOthers.get(model);
    if (known !== undefined) return known;
    const { records } = this.#context;
    const has = alive.some((status) =>
      records
        .scan(nodeTable, "alive", { equal: [status], limit: nodesSeenMax })
        .some((other) => other.node !== this.#node && mayServe(other, model)),
    );
    this.#hasOthers.set(model, has);
    return has;
  }
}

/** A node that does not say which models it has may have any. */
function mayServe({ maxConcurrentTasks, means }: NodeRow, model: string): boolean {
  const models = means?.models ?? [];
  return maxConcurrentTasks > 0 && (models.length === 0 || models.includes(model));
}
