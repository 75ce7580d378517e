// Orders to nodes: which life of the node is meant is settled once, so that an order whose answer was
// lost can be sent again, and yet never reaches the next life of a node that it has ended.
import { Failure } from "#protocols/failure.ts";
import type { ControlResponse } from "#protocols/tasks/control.ts";
import type { NodeOrderName } from "#protocols/tasks/control-commands.ts";
import type { NodeView } from "#protocols/tasks/node.ts";
import { type Attempt, type AttemptPorts, attempts } from "./attempts.ts";
import type { RunProgress } from "./command-runs.ts";
import type { ControlPeers } from "./control-peers.ts";

export interface OrderToNode {
  readonly commandId: string;
  readonly command: NodeOrderName;
  readonly node: string;
}

export class NodeOrders {
  readonly #peers: ControlPeers;
  readonly #ports: AttemptPorts;

  constructor(peers: ControlPeers, ports: AttemptPorts) {
    this.#peers = peers;
    this.#ports = ports;
  }

  /** Fails with `not_found` for a node that was never there, with `node_down` for one that is gone. */
  async carryOut(order: OrderToNode, progress: RunProgress): Promise<ControlResponse> {
    const { deadlineMs } = progress;
    const view = await attempts(this.#ports, deadlineMs, ({ withinMs }) =>
      this.#viewOf(order.node, withinMs),
    );
    if (view.status === "offline") {
      if (order.command === "GET_NODE_STATUS") return { ...view, control: null };
      const text = `${order.node} is offline (${view.statusReason}); start it, then ask again`;
      throw new Failure("node_down", text);
    }
    const sent = (attempt: Attempt): Promise<ControlResponse> =>
      this.#send(order, { view, attempt, progress });
    const response = await attempts(this.#ports, deadlineMs, sent);
    return shownWith(view, order, response);
  }

  async #viewOf(name: string, withinMs: number): Promise<NodeView> {
    const registry = await this.#peers.registry(withinMs);
    const views = await registry.$.with({ within: withinMs }).list();
    const view = views.find((known) => known.name === name);
    if (view) return view;
    const known = views.map((other) => other.name).join(", ");
    throw new Failure("not_found", `there is no node ${name}; there are ${known}`);
  }

  async #send(order: OrderToNode, at: Sending): Promise<ControlResponse> {
    const { view, attempt, progress } = at;
    await progress.delivered();
    try {
      const { commandId, command } = order;
      const node = this.#peers.node(view).$.with({ within: attempt.withinMs });
      const done = await node.perform({ commandId, command });
      await progress.acknowledged();
      return done.response;
    } catch (cause) {
      const failure = Failure.of(cause);
      if (attempt.number > 1 && isItsEnd(order, failure)) return endOf(order, view);
      throw failure;
    }
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

const endOf = ({ command, node }: OrderToNode, { incarnation }: NodeView): ControlResponse => ({
  node,
  incarnation,
  leaving: command === "RESTART_NODE" ? "restart" : "shutdown",
});

/** What the registry knows beside what the node says itself. */
function shownWith(view: NodeView, { command }: OrderToNode, own: ControlResponse) {
  const { name: node, load, lastHeartbeatAt } = view;
  if (command === "GET_NODE_STATUS") return { ...view, control: own };
  if (command === "GET_NODE_METRICS") return { node, load, lastHeartbeatAt, ...own };
  return own;
}
