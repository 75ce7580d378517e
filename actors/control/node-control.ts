// Carries out orders that only the node itself can: there is one on every node, at `nodeControlPath`. What
// an order does outside of actors, as ending the process, comes in as a port.
import { controlLimits } from "#protocols/control-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { Deferred, Handlers } from "#protocols/protocol.ts";
import {
  type ControlResponse,
  NodeControl,
  type NodeOrder,
  type NodeOrderDone,
} from "#protocols/tasks/control.ts";
import type { LeaveObstacles, NodeLeave } from "#protocols/tasks/node.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { metricsService } from "#runtime/observation/metrics-service.ts";
import { acknowledgeOrder } from "./acknowledge-order.ts";
import { metricsResponse } from "./metrics-response.ts";
import type { OrderBook } from "./order-book.ts";

type EndingOrder = "RESTART_NODE" | "SHUTDOWN_NODE";

export interface NodeControlArguments {
  readonly book: OrderBook;
  /** Ends the node in order; who has started it starts it anew, or not. */
  readonly leave: (order: NodeLeave) => void;
  readonly obstacles: LeaveObstacles;
  /** `provided`: as `metricsService`. */
  readonly metrics: "provided" | "none";
}

interface NodeControlState extends NodeControlArguments {
  leaving: EndingOrder | null;
}

interface Own {
  depart(order: NodeLeave): void;
}

/** So long the answer may take to get out before the node begins to end. */
const farewellMs = 200;

export class NodeControlActor
  extends Actor<NodeControl, NodeControlState, Own>
  implements Handlers<NodeControl & Own>
{
  static readonly protocol = NodeControl;
  static initial = (args: NodeControlArguments): NodeControlState => ({ ...args, leaving: null });

  perform(order: NodeOrder): NodeOrderDone | Deferred<NodeOrderDone> {
    const { command, reason } = order;
    switch (command) {
      case "PING":
        return { isRepeated: false, response: { node: this.ctx.node.name, at: this.ctx.wall() } };
      case "GET_NODE_METRICS":
        return { isRepeated: false, response: this.#metrics() };
      case "RESTART_NODE":
      case "SHUTDOWN_NODE":
        return this.#once(order, () => this.#leaveSoon(command, reason));
      default:
        return command satisfies never;
    }
  }

  depart(order: NodeLeave): void {
    this.state.leave(order);
  }

  #once(order: NodeOrder, act: () => ControlResponse): Deferred<NodeOrderDone> {
    const known = this.state.book.known(order.commandId);
    const done = known ?? this.#begun(order, act);
    if (!known) this.state.book.enter(order.commandId, done);
    const isRepeated = known !== undefined;
    return this.ctx.defer(done.then((response) => ({ isRepeated, response })));
  }

  /** Whoever sends it again waits for the same. */
  async #begun(order: NodeOrder, act: () => ControlResponse): Promise<ControlResponse> {
    const { command, commandId } = order;
    await acknowledgeOrder(this.ctx, order);
    this.ctx.log("info", `ordered to ${command}`, { commandId });
    return act();
  }

  #leaveSoon(command: EndingOrder, reason: string): ControlResponse {
    const wish = command === "RESTART_NODE" ? "come-back" : "stay-away";
    const obstacle = this.state.obstacles[wish];
    if (obstacle !== undefined) throw new Failure("invalid", obstacle);
    const { name: node, incarnation } = this.ctx.node;
    this.state.leaving ??= command;
    if (this.state.leaving !== command) {
      throw new Failure("conflict", `${node} is ending already, by ${this.state.leaving}`);
    }
    this.ctx.after({ ms: farewellMs, key: "depart" }, "depart", { wish, reason });
    return { node, incarnation, wish };
  }

  #metrics(): ControlResponse {
    if (this.state.metrics === "none") {
      const text = `${this.ctx.node.name} does not watch itself: set observation: { watch: true } in its topology`;
      throw reply(new Failure("unavailable", text));
    }
    return metricsResponse(this.ctx.use(metricsService).snapshot(), controlLimits.actorsToldMax);
  }
}
