// A map by node. Messages come in runs from one node, which is then one object: that is found again
// without writing its key.
import { formatNode, type NodeId } from "#protocols/address.ts";

export class NodeMap<T> {
  readonly #values = new Map<string, T>();
  #lastNode: NodeId | undefined;
  #lastValue: T | undefined;

  get(node: NodeId): T | undefined {
    if (node === this.#lastNode) return this.#lastValue;
    const value = this.#values.get(formatNode(node));
    this.#lastNode = node;
    this.#lastValue = value;
    return value;
  }

  values(): Iterable<T> {
    return this.#values.values();
  }

  set(node: NodeId, value: T): void {
    this.#lastNode = undefined;
    this.#values.set(formatNode(node), value);
  }

  delete(node: NodeId): void {
    this.#lastNode = undefined;
    this.#lastValue = undefined;
    this.#values.delete(formatNode(node));
  }
}
