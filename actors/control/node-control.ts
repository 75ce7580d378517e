// Carries out orders to its node: there is one on every node, at `nodeControlPath`. What an order does
// outside of actors (ending the process, refusing work) comes in as ports.
import { controlLimits } from "#protocols/control-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { Deferred, Handlers } from "#protocols/protocol.ts";
import {
  type ControlResponse,
  NodeControl,
  type NodeOrder,
  type NodeOrderDone,
} from "#protocols/tasks/control.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { metricsService } from "#runtime/observation/metrics-service.ts";
import { workSwitch, workTurned } from "#runtime/patterns/work-switch.ts";
import { metricsResponse } from "./metrics-response.ts";
import type { OrderBook } from "./order-book.ts";

export type Leaving = "restart" | "shutdown";

export interface NodeControlArguments {
  readonly book: OrderBook;
  /** Ends the node in order; with `restart` whoever started it starts it anew. */
  readonly leave: (purpose: Leaving) => void;
  /** What keeps the node from ending so, in words. */
  readonly obstacles: Readonly<Partial<Record<Leaving, string>>>;
  /** `workers`: it has some, which the queue gives work. */
  readonly work: "workers" | "none";
  /** `provided`: as `metricsService`. */
  readonly metrics: "provided" | "none";
}

interface NodeControlState extends NodeControlArguments {
  leaving: Leaving | null;
}

interface Own {
  leave(purpose: Leaving): void;
}

/** So long the answer may take to get out before the node begins to end. */
const farewellMs = 200;
/** Of a turned switch the queue hears within milliseconds, or with the worker's next heartbeat. */
const heardWithinMs = 2_500;

export class NodeControlActor
  extends Actor<NodeControl, NodeControlState, Own>
  implements Handlers<NodeControl & Own>
{
  static readonly protocol = NodeControl;
  static initial = (args: NodeControlArguments): NodeControlState => ({ ...args, leaving: null });

  #startedAt = 0;

  override start(): void {
    this.#startedAt = this.ctx.now();
  }

  perform(order: NodeOrder): NodeOrderDone | Deferred<NodeOrderDone> {
    switch (order.command) {
      case "PING":
        return { isRepeated: false, response: { node: this.ctx.node.name, at: this.ctx.wall() } };
      case "GET_NODE_STATUS":
        return { isRepeated: false, response: this.#status() };
      case "GET_NODE_METRICS":
        return { isRepeated: false, response: this.#metrics() };
      case "PAUSE_NODE":
        return this.#once(order, () => this.#pause());
      case "RESUME_NODE":
        return this.#once(order, () => this.#resume());
      case "RESTART_NODE":
        return this.#once(order, () => this.#leaveSoon("restart"));
      case "SHUTDOWN_NODE":
        return this.#once(order, () => this.#leaveSoon("shutdown"));
      default:
        return order.command satisfies never;
    }
  }

  leave(purpose: Leaving): void {
    this.state.leave(purpose);
  }

  #once(order: NodeOrder, act: () => Promise<ControlResponse>): Deferred<NodeOrderDone> {
    const known = this.state.book.known(order.commandId);
    const done = known ?? act();
    if (!known) {
      this.state.book.enter(order.commandId, done);
      this.ctx.log("info", `ordered to ${order.command}`, { commandId: order.commandId });
    }
    const isRepeated = known !== undefined;
    return this.ctx.defer(done.then((response) => ({ isRepeated, response })));
  }

  async #pause(): Promise<ControlResponse> {
    await this.#turn("paused");
    return { node: this.ctx.node.name, work: "paused" };
  }

  async #resume(): Promise<ControlResponse> {
    const node = this.ctx.node.name;
    if (this.state.leaving !== null) {
      throw new Failure("unavailable", `${node} is ending, so it takes no work any more`);
    }
    await this.#turn("taken");
    return { node, work: "taken" };
  }

  /** Settles when the queue knows. */
  async #turn(to: "paused" | "taken"): Promise<void> {
    const { ctx } = this;
    const turned = ctx.use(workSwitch);
    const heard = turned.turn(to);
    ctx.publish(workTurned, turned.turns);
    if (this.state.work === "none") return;
    const isHeard = await Promise.race([
      heard.then(() => "heard" as const),
      ctx.sleep(heardWithinMs).then(() => "late" as const),
    ]);
    if (isHeard === "heard") return;
    const text = `${ctx.node.name} has turned to "${to}", and its queue has not heard of it yet; it will when it is there: ask again`;
    throw new Failure("timeout", text);
  }

  async #leaveSoon(purpose: Leaving): Promise<ControlResponse> {
    const obstacle = this.state.obstacles[purpose];
    if (obstacle !== undefined) throw new Failure("invalid", obstacle);
    const { name: node, incarnation } = this.ctx.node;
    this.state.leaving ??= purpose;
    if (this.state.leaving !== purpose) {
      throw new Failure("conflict", `${node} is ending already, for a ${this.state.leaving}`);
    }
    const turned = this.ctx.use(workSwitch);
    void turned.turn("paused");
    this.ctx.publish(workTurned, turned.turns);
    this.ctx.after({ ms: farewellMs, key: "leave" }, "leave", purpose);
    return { node, incarnation, leaving: purpose };
  }

  #status(): ControlResponse {
    return {
      work: this.ctx.use(workSwitch).isPaused ? "paused" : "taken",
      leaving: this.state.leaving,
      controlledMs: Math.round(this.ctx.now() - this.#startedAt),
      ordersRemembered: this.state.book.size,
    };
  }

  #metrics(): ControlResponse {
    if (this.state.metrics === "none") {
      const text = `${this.ctx.node.name} does not watch itself: set observation: { watch: true } in its topology`;
      throw reply(new Failure("unavailable", text));
    }
    return metricsResponse(this.ctx.use(metricsService).snapshot(), controlLimits.actorsToldMax);
  }
}
