// The nodes that send to the shards of this one, and how many messages of each have come for each
// shard: by that a shard that is handed over knows when it has had all of them, on whatever lanes of a
// link they travel. Pure.
import { isSameNode, type NodeId } from "#protocols/address.ts";

export interface AttachedSender {
  readonly node: NodeId;
  /** By shard. */
  readonly arrived: Map<number, number>;
}

export class AttachedSenders {
  readonly #byName = new Map<string, AttachedSender>();

  get all(): Iterable<AttachedSender> {
    return this.#byName.values();
  }

  /** Again: nothing changes. A later life of the node is another sender. */
  attach(node: NodeId): void {
    if (!this.find(node)) this.#byName.set(node.name, { node, arrived: new Map() });
  }

  detach(node: NodeId): void {
    if (this.find(node)) this.#byName.delete(node.name);
  }

  find(node: NodeId): AttachedSender | undefined {
    const sender = this.#byName.get(node.name);
    return sender && isSameNode(sender.node, node) ? sender : undefined;
  }
}

export const arrivedFor = ({ arrived }: AttachedSender, shard: number): number =>
  arrived.get(shard) ?? 0;

export const countArrival = (sender: AttachedSender, shard: number): void => {
  sender.arrived.set(shard, arrivedFor(sender, shard) + 1);
};
