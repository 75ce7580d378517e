// Whether and when a node's process is started again. Pure: times and chance come in.
// Delays grow with each restart in a row; a node that stayed ready for a whole window begins anew.
// An end that was ordered is no sign of trouble: it counts in no window, and what comes next comes soon.
import { backoffDelay } from "#runtime/core/backoff.ts";
import { RestartWindow } from "#runtime/core/restart-window.ts";
import type { LauncherPlan } from "../topology/topology-plan.ts";

export type RestartDecision =
  | { readonly kind: "restart"; readonly attempt: number; readonly delayMs: number }
  | { readonly kind: "give-up"; readonly reason: string };

export interface NodeEnd {
  /** `order`: the node was told to end and to come back, and did so in order. */
  readonly cause: "trouble" | "order";
  readonly nowMs: number;
  /** How long the node had been ready; 0 when it never was in this life. */
  readonly readyMs: number;
  /** At least 0 and below 1. */
  readonly chance: number;
}

export class RestartPolicy {
  readonly #plan: LauncherPlan;
  readonly #window: RestartWindow;
  #attempt = 0;

  constructor(plan: LauncherPlan) {
    this.#plan = plan;
    this.#window = new RestartWindow(plan);
  }

  decide(end: NodeEnd): RestartDecision {
    const { restartsMax, withinMs, backoff } = this.#plan;
    if (end.cause === "order") {
      return { kind: "restart", attempt: 1, delayMs: delayOf(backoff, 1, end.chance) };
    }
    if (!this.#window.record(end.nowMs)) {
      const reason = `it ended more than ${restartsMax} times within ${withinMs} ms`;
      return { kind: "give-up", reason };
    }
    this.#attempt = end.readyMs >= withinMs ? 1 : this.#attempt + 1;
    const delayMs = delayOf(backoff, this.#attempt, end.chance);
    return { kind: "restart", attempt: this.#attempt, delayMs };
  }
}

const delayOf = (backoff: LauncherPlan["backoff"], attempt: number, chance: number): number =>
  Math.round(backoffDelay(backoff, attempt, chance));
