// The nodes that this one knows to live, and those whose lives are over for it: for good.
import { formatNode, type NodeId, parseNode } from "#protocols/address.ts";
import type { NodeKey } from "#protocols/cluster/migration.ts";

export class Neighbours {
  readonly #living = new Set<NodeKey>();
  /** When each was removed, on this node's clock. */
  readonly #removed = new Map<NodeKey, number>();

  up(node: NodeId): void {
    const key = formatNode(node);
    if (!this.#removed.has(key)) this.#living.add(key);
  }

  /** False when that was known. */
  remove(key: NodeKey, nowMs: number): boolean {
    this.#living.delete(key);
    if (this.#removed.has(key)) return false;
    this.#removed.set(key, nowMs);
    return true;
  }

  isRemoved(key: NodeKey): boolean {
    return this.#removed.has(key);
  }

  removedMs(key: NodeKey): number | undefined {
    return this.#removed.get(key);
  }

  get living(): readonly NodeKey[] {
    return [...this.#living];
  }

  /** The life that bears the name now, as far as it is known. */
  named(name: string): NodeKey | undefined {
    return this.living.find((key) => parseNode(key)?.name === name);
  }
}

/** Nodes ask each other how many actors they have that can move. */
export interface Census {
  asked(from: NodeKey): void;
  told(from: NodeKey, fields: readonly unknown[]): void;
}
