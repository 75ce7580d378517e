// Orders to end, from whichever life of the node they come to whoever obeys them.
import type { NodeLeave } from "#protocols/tasks/node.ts";

export class EndingOrders {
  #obey: (order: NodeLeave) => void = () => {};

  obey(how: (order: NodeLeave) => void): void {
    this.#obey = how;
  }

  tell(order: NodeLeave): void {
    this.#obey(order);
  }
}
