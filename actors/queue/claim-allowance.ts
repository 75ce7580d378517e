// What a worker may claim of queues that hand out at a limited rate. A claim takes what it might use
// and gives back what it did not; who was held back by that is asked again. Pure.
import type { QueuePlan } from "#protocols/tasks/resource-demand.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import { RateGate } from "./decisions/claim-rate.ts";

/** Most of each queue that is limited; others are not named. */
export type QueueMax = Readonly<Record<string, number>>;

/** No queue is named. */
export const unlimited: QueueMax = {};

export interface Claimant {
  readonly node: string;
  readonly queues: readonly string[];
}

export class ClaimAllowance {
  /** Of claims under way, by node: each has one at most. */
  readonly #reserved = new Map<string, { readonly free: number; readonly reserved: QueueMax }>();
  #gates: ReadonlyMap<string, RateGate> = new Map();
  /** By node: the queues of which it could have had more. */
  readonly #heldBack = new Map<string, Set<string>>();
  /** When `released` is to be called. */
  #againAt: number | undefined;

  /** Before anything is claimed. */
  plan(plans: readonly QueuePlan[]): void {
    const limited = plans.flatMap(({ queue, rate }) =>
      rate === null ? [] : [[queue, new RateGate(rate)] as const],
    );
    this.#gates = new Map(limited);
  }

  /** For a worker that is about to claim `free` tasks; undefined when none of its queues hands out anything now. */
  reserve(
    { node, queues }: Claimant,
    { free, nowMs }: { readonly free: number; readonly nowMs: number },
  ): QueueMax | undefined {
    if (this.#gates.size === 0) return unlimited;
    const reserved: Record<string, number> = {};
    for (const queue of new Set(queues)) {
      const taken = this.#gates.get(queue)?.take(free, nowMs);
      if (taken === undefined) continue;
      reserved[queue] = taken;
      if (taken === 0) this.#holdBack(node, queue);
    }
    const isShut = queues.every((queue) => reserved[queue] === 0);
    if (isShut) return undefined;
    this.#reserved.set(node, { free, reserved });
    return reserved;
  }

  /** Gives back what the claim did not use; answers the nodes that may find something now. */
  used(node: string, leases: readonly Pick<TaskLease, "queue">[]): readonly string[] {
    const claim = this.#reserved.get(node);
    if (claim === undefined) return [];
    this.#reserved.delete(node);
    let wasGivenBack = false;
    for (const [queue, most] of Object.entries(claim.reserved)) {
      const used = leases.filter((lease) => lease.queue === queue).length;
      this.#gates.get(queue)?.giveBack(most - used);
      if (used < most) wasGivenBack = true;
      else if (most < claim.free) this.#holdBack(node, queue);
    }
    return wasGivenBack ? this.#others(node) : [];
  }

  /** The nodes that were held back, but for this one; they are not held back any more. */
  #others(except: string | undefined): readonly string[] {
    const others = [...this.#heldBack.keys()].filter((node) => node !== except);
    for (const node of others) this.#heldBack.delete(node);
    return others;
  }

  /**
   * Milliseconds until somebody who was held back may find something; undefined: nobody was, or it was
   * answered before and that moment comes no later. Then call `released`.
   */
  againMs(nowMs: number): number | undefined {
    if (this.#heldBack.size === 0) return undefined;
    const queues = new Set([...this.#heldBack.values()].flatMap((held) => [...held]));
    const waits = [...queues].map((queue) => this.#gates.get(queue)?.waitMs(nowMs) ?? 0);
    const againMs = Math.max(againMsMin, Math.ceil(Math.min(...waits)));
    if (this.#againAt !== undefined && this.#againAt <= nowMs + againMs) return undefined;
    this.#againAt = nowMs + againMs;
    return againMs;
  }

  /** That moment has come: the nodes that were held back. */
  released(): readonly string[] {
    this.#againAt = undefined;
    return this.#others(undefined);
  }

  #holdBack(node: string, queue: string): void {
    const queues = this.#heldBack.get(node) ?? new Set();
    this.#heldBack.set(node, queues.add(queue));
  }
}

/** Between two attempts at queues that hand out very fast. */
const againMsMin = 5;
