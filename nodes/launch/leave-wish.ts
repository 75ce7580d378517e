// That the node is to end, from the actor that hears the order to the session that obeys it. The first
// order counts.
import type { NodeLeave } from "#protocols/tasks/node.ts";

export class LeaveWish {
  readonly told: Promise<NodeLeave>;
  #resolve: (order: NodeLeave) => void = () => undefined;

  constructor() {
    this.told = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  tell(order: NodeLeave): void {
    this.#resolve(order);
  }
}
