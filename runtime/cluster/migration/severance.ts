// Drops a node for whoever is about to run an actor that had lived there, and says so once it is done.
// What that node had sent here comes in before it is dropped, or never.
import type { NodeKey } from "#protocols/cluster/migration.ts";
import type { MigrationPort } from "./migration-port.ts";

export class Severance {
  readonly #port: Pick<MigrationPort<never, never>, "isRemoved" | "sever" | "send">;
  /** Who waits to hear that a node is dropped. Never more than there are nodes, of either. */
  readonly #askers = new Map<NodeKey, Set<NodeKey>>();

  constructor(port: Pick<MigrationPort<never, never>, "isRemoved" | "sever" | "send">) {
    this.#port = port;
  }

  asked(asker: NodeKey, node: NodeKey): void {
    if (this.#port.isRemoved(node)) {
      this.#answer(asker, node);
      return;
    }
    const askers = this.#askers.get(node) ?? new Set();
    this.#askers.set(node, askers.add(asker));
    this.#port.sever(node);
  }

  nodeRemoved(node: NodeKey): void {
    const askers = this.#askers.get(node) ?? [];
    this.#askers.delete(node);
    for (const asker of askers) this.#answer(asker, node);
    for (const others of this.#askers.values()) others.delete(node);
  }

  #answer(asker: NodeKey, node: NodeKey): void {
    this.#port.send(asker, { kind: "severed", node });
  }
}
