// Orders to nodes: which life of the node is meant is settled once, so that an order whose answer was
// lost can be sent again, and yet never reaches the next life of a node that it has ended. Whether a node
// is given work is the registry's matter, and what is known of it, too.
import { controlLimits } from "#protocols/control-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { ControlResponse } from "#protocols/tasks/control.ts";
import type { NodeOrderName } from "#protocols/tasks/control-commands.ts";
import type { NodeView } from "#protocols/tasks/node.ts";
import { type Attempt, type AttemptPorts, attempts } from "./attempts.ts";
import type { RunProgress } from "./command-runs.ts";
import type { ControlPeers } from "./control-peers.ts";
import { statusResponse } from "./status-response.ts";

export type NodeCommandName = NodeOrderName | "GET_NODE_STATUS" | "PAUSE_NODE" | "RESUME_NODE";

export interface OrderToNode<Name = NodeCommandName> {
  readonly commandId: string;
  readonly command: Name;
  readonly node: string;
  /** For people. */
  readonly reason: string;
  readonly by: string;
}

export class OrderDelivery {
  readonly #peers: ControlPeers;
  readonly #ports: AttemptPorts;

  constructor(peers: ControlPeers, ports: AttemptPorts) {
    this.#peers = peers;
    this.#ports = ports;
  }

  /** Fails with `not_found` for a node that was never there, with `node_down` for one that is gone. */
  async carryOut(order: OrderToNode, progress: RunProgress): Promise<ControlResponse> {
    const { command } = order;
    switch (command) {
      case "GET_NODE_STATUS":
      case "PAUSE_NODE":
      case "RESUME_NODE":
        return this.#byRegistry({ ...order, command }, progress);
      default:
        return this.#byNode({ ...order, command }, progress);
    }
  }

  #byRegistry(
    { commandId, command, node, reason, by }: OrderToNode<Exclude<NodeCommandName, NodeOrderName>>,
    progress: RunProgress,
  ): Promise<ControlResponse> {
    return attempts(this.#ports, progress.deadlineMs, async ({ withinMs }) => {
      const view = await this.#viewOf(node, withinMs);
      if (command === "GET_NODE_STATUS") {
        return statusResponse(view, controlLimits.responseLengthMax);
      }
      const registry = (await this.#peers.registry(withinMs)).$.with({ within: withinMs });
      await progress.delivered();
      // By its id it takes effect once, though it comes again behind the order of another.
      const order = { commandId, node, reason, by };
      const held = await (command === "PAUSE_NODE"
        ? registry.pause(order)
        : registry.resume(order));
      await progress.acknowledged();
      return { node, status: held.status, hold: held.hold };
    });
  }

  async #byNode(order: OrderToNode<NodeOrderName>, progress: RunProgress) {
    const { deadlineMs } = progress;
    const view = await attempts(this.#ports, deadlineMs, ({ withinMs }) =>
      this.#viewOf(order.node, withinMs),
    );
    if (view.status === "offline") {
      const text = `${order.node} is offline (${view.statusReason}); start it, then ask again`;
      throw new Failure("node_down", text);
    }
    const response = await attempts(this.#ports, deadlineMs, (attempt) =>
      this.#send(order, { view, attempt, progress }),
    );
    const { name: node, load, lastHeartbeatAt } = view;
    return order.command === "GET_NODE_METRICS"
      ? { node, load, lastHeartbeatAt, ...response }
      : response;
  }

  async #viewOf(name: string, withinMs: number): Promise<NodeView> {
    const registry = await this.#peers.registry(withinMs);
    const views = await registry.$.with({ within: withinMs }).list();
    const view = views.find((known) => known.name === name);
    if (view) return view;
    const known = views.map((other) => other.name).join(", ");
    throw new Failure("not_found", `there is no node ${name}; there are ${known}`);
  }

  async #send(order: OrderToNode<NodeOrderName>, at: Sending): Promise<ControlResponse> {
    const { view, attempt, progress } = at;
    await progress.delivered();
    try {
      const { commandId, command, reason } = order;
      const node = this.#peers.node(view).$.with({ within: attempt.withinMs });
      const done = await node.perform({ commandId, command, reason });
      await progress.acknowledged();
      return done.response;
    } catch (cause) {
      const failure = Failure.of(cause);
      if (attempt.number > 1 && isItsEnd(order, failure)) return this.#afterItsEnd(order, at);
      throw failure;
    }
  }

  /** That life was lost, by the order or before it: a later one shows that a restart has come about. */
  async #afterItsEnd(order: OrderToNode<NodeOrderName>, { view, attempt }: Sending) {
    const now = await this.#viewOf(order.node, attempt.withinMs);
    const { node, command } = order;
    const { incarnation } = view;
    if (command === "RESTART_NODE" && now.incarnation > incarnation) {
      return { node, incarnation, wish: "come-back" };
    }
    const text = `${node} (incarnation ${incarnation}) was lost before it answered, by ${command} or otherwise; look at GET_NODE_STATUS before you issue it anew`;
    throw new Failure("unknown_outcome", text);
  }
}

interface Sending {
  readonly view: NodeView;
  readonly attempt: Attempt;
  readonly progress: RunProgress;
}

/** The answer to the first attempt was lost, and the life that it was sent to has ended since. */
const isItsEnd = ({ command }: OrderToNode, { code }: Failure): boolean =>
  (command === "RESTART_NODE" || command === "SHUTDOWN_NODE") &&
  (code === "node_down" || code === "actor_stopped");
