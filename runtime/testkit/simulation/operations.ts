// Numbers every step of a run that reaches outside a node: a message handed to the network, a write
// begun, a write made durable. So a crash can be put before or after each one, exhaustively.
import type { Fault } from "./fault-plan.ts";

type CrashAt = Extract<Fault, { readonly kind: "crash-at" }>;

/** Ends the node that does the operation, at once. */
export type CrashHand = (node: string, fault: CrashAt) => void;

export class Operations {
  readonly #crash: CrashHand;
  readonly #awaited = new Map<number, CrashAt>();
  #count = 0;
  #isOver = false;

  constructor(crash: CrashHand) {
    this.#crash = crash;
  }

  /** How many there were, up to `end`. */
  get count(): number {
    return this.#count;
  }

  await(fault: CrashAt): void {
    this.#awaited.set(fault.operation, fault);
  }

  /** From now on none is numbered, and nothing crashes. */
  end(): void {
    this.#isOver = true;
  }

  /** Does it, unless its node crashes before; undefined then. */
  perform<T>(node: string, act: () => T): T | undefined {
    if (this.#isOver) return act();
    this.#count++;
    const fault = this.#awaited.get(this.#count);
    if (fault?.side === "before") {
      this.#crash(node, fault);
      return undefined;
    }
    const result = act();
    if (fault) this.#crash(node, fault);
    return result;
  }
}
