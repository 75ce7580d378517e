// Speaks for its node: finds the registry, registers, and sends heartbeats with the node's load.
//
//   seeking ──found──► registering ──accepted──► registered ──(beat, beat, …)
//      ▲                   │ missed                  │ the registry ended
//      └────(backoff)──────┴─────────────────────────┘
//
// As long as there is no registry it tries again, ever more slowly; it never gives up and never
// crashes over it.
import { Compile } from "typebox/compile";
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { type Ack, ack, type Handlers } from "#protocols/protocol.ts";
import { type NodeCapabilities, ServedCapability } from "#protocols/tasks/capability.ts";
import {
  type FormerEnd,
  type LeaveObstacles,
  type NodeAddress,
  NodeAgent,
  type NodeLeave,
  type NodeLoad,
  NodeRegistry,
  type NodeReport,
  nodeRegistryName,
} from "#protocols/tasks/node.ts";
import { valueMisfit } from "#protocols/value-misfit.ts";
import { Actor } from "#runtime/core/actor.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import type { TimerKey } from "#runtime/core/context.ts";
import { systemTopics } from "#runtime/core/event-bus.ts";
import { levelOf } from "#runtime/core/exit-level.ts";
import { reply } from "#runtime/core/reply.ts";
import { healthOf } from "./node-health.ts";

/** The process and its machine, as the node's host sees them. */
export interface NodeProbe {
  readonly pid: number;
  /** The load since the last call. */
  load(): Omit<NodeLoad, "crashesInMinute">;
}

export interface NodeAgentArguments {
  readonly capabilities: NodeCapabilities;
  readonly probe: NodeProbe;
  /**
   * Asks the node's worker what it offers now, which stands in the place of what `capabilities` say of that.
   * Called with each heartbeat. Default, and until the worker has said it: as `capabilities` say.
   */
  readonly served?: () => Promise<ServedCapability>;
  /** Has the process end, in order. Default: nobody can, and `leave` is refused. */
  readonly leave?: (order: NodeLeave) => void;
  /** Default: nothing is said of it. */
  readonly address?: NodeAddress;
  /** Of the process before this one. Default: nothing is said of it. */
  readonly formerEnd?: FormerEnd;
  /** Default: none. */
  readonly obstacles?: LeaveObstacles;
}

type Phase =
  | { readonly kind: "seeking" }
  | { readonly kind: "registering"; readonly registry: Ref<NodeRegistry> }
  /** The registry ended while it was asked; the ask has yet to fail. */
  | { readonly kind: "abandoned" }
  | {
      readonly kind: "registered";
      readonly registry: Ref<NodeRegistry>;
      readonly beats: TimerKey;
    };

interface AgentState extends NodeAgentArguments {
  phase: Phase;
  /** What its worker has last said; the same object until it says something else. */
  offer: ServedCapability | null;
  /** Its worker has yet to answer. */
  isAsking: boolean;
  /** What it was last registered with. */
  told: ServedCapability | null;
  /** Tries since the last success. */
  attempt: number;
  /** When actors of this node crashed, within the last minute. */
  crashedAt: readonly number[];
}

const offerCheck = Compile(ServedCapability);
const offersNothing: ServedCapability = { models: [], skills: [], tags: [], slots: 0 };

const minuteMs = 60_000;
/** Crashes that are remembered. More: the oldest are forgotten. */
const crashesMax = 1_000;

const retry = { delayMsMin: 200, delayMsMax: 5_000, factor: 2, jitter: 0.5 };

interface Own {
  seek(): void;
  found(registry: Ref<NodeRegistry>): void;
  accepted(answer: { readonly heartbeatMs: number }): void;
  missed(failure: FailureData): void;
  beat(): void;
  offers(served: ServedCapability): void;
  silent(failure: FailureData): void;
  crashed(event: unknown): void;
}

export class NodeAgentActor
  extends Actor<NodeAgent, AgentState, Own>
  implements Handlers<NodeAgent & Own>
{
  static readonly protocol = NodeAgent;

  static initial = (args: NodeAgentArguments): AgentState => ({
    ...args,
    phase: { kind: "seeking" },
    offer: null,
    isAsking: false,
    told: null,
    attempt: 0,
    crashedAt: [],
  });

  override start(): void {
    this.ctx.subscribe(systemTopics.crashed, "crashed");
    this.seek();
  }

  report(): NodeReport {
    const { probe } = this.state;
    const { name, incarnation } = this.ctx.node;
    const load = this.#load();
    const capabilities = this.#capabilities();
    return { name, incarnation, pid: probe.pid, capabilities, load, health: healthOf(load) };
  }

  leave(order: NodeLeave): Ack {
    const { leave, obstacles } = this.state;
    const obstacle = obstacles?.[order.wish];
    if (obstacle !== undefined) throw reply(new Failure("invalid", obstacle));
    if (!leave) {
      const detail =
        "this node's process is ended by whoever started it, not by orders: stop it there";
      throw reply(new Failure("unavailable", detail));
    }
    this.ctx.log("warn", `this node ends by order: ${order.reason}`, { wish: order.wish });
    leave(order);
    return ack;
  }

  leaveObstacle(wish: NodeLeave["wish"]): string | null {
    return this.state.obstacles?.[wish] ?? null;
  }

  crashed(_event: unknown): void {
    this.state.crashedAt = [...this.#crashedLately(), this.ctx.now()].slice(-crashesMax);
  }

  seek(): void {
    this.ctx.pipe(this.ctx.lookup(NodeRegistry, nodeRegistryName), "found", "missed");
  }

  found(registry: Ref<NodeRegistry>): void {
    if (this.state.phase.kind !== "seeking") return;
    this.ctx.watch(registry);
    this.#register(registry);
  }

  accepted({ heartbeatMs }: { readonly heartbeatMs: number }): void {
    const { phase } = this.state;
    if (phase.kind === "abandoned") this.#seekLater();
    if (phase.kind !== "registering") return;
    const { registry } = phase;
    const beats = this.ctx.every(heartbeatMs, "beat");
    this.state.phase = { kind: "registered", registry, beats };
    this.state.attempt = 0;
    this.ctx.log("info", "registered", { registry, heartbeatMs });
  }

  missed(failure: FailureData): void {
    const { phase } = this.state;
    if (phase.kind === "registered") return;
    if (phase.kind === "registering") this.ctx.unwatch(phase.registry);
    this.#seekLater();
    const fields = { ...failure, attempt: this.state.attempt };
    this.ctx.log(this.state.attempt > 3 ? "warn" : "info", "not registered yet", fields);
  }

  introduce(): void {
    const { phase } = this.state;
    if (phase.kind !== "registered") return;
    this.ctx.cancel(phase.beats);
    this.#register(phase.registry);
  }

  beat(): void {
    const { phase } = this.state;
    if (phase.kind !== "registered") return;
    const { name, incarnation } = this.ctx.node;
    this.#askWorker();
    if (this.state.offer !== this.state.told) {
      this.introduce();
      return;
    }
    phase.registry.heartbeat({ agent: this.ctx.self, name, incarnation, load: this.#load() });
  }

  offers(offer: ServedCapability): void {
    this.state.isAsking = false;
    if (JSON.stringify(offer) === JSON.stringify(this.state.offer)) return;
    if (!offerCheck.Check(offer)) {
      const misfit = valueMisfit(offerCheck.Errors(offer), offer);
      const text = `what the worker offers cannot be told to the registry: ${misfit}`;
      this.ctx.log("warn", text, { code: "invalid" });
      return;
    }
    this.state.offer = offer;
    this.introduce();
  }

  /** One that starts, or is busy for long, says it later; what it has said stands until it has ended. */
  silent({ code }: FailureData): void {
    this.state.isAsking = false;
    if (code !== "actor_stopped" || this.state.offer === null) return;
    if (this.state.offer !== offersNothing) this.offers(offersNothing);
  }

  override terminated(_registry: AnyRef, exit: Exit): void {
    const { phase } = this.state;
    if (phase.kind === "registering") this.state.phase = { kind: "abandoned" };
    if (phase.kind !== "registered") return;
    this.ctx.cancel(phase.beats);
    this.ctx.log(levelOf(exit), "the registry is gone; looking for the next one");
    this.#seekLater();
  }

  #register(registry: Ref<NodeRegistry>): void {
    this.state.phase = { kind: "registering", registry };
    const { name, incarnation } = this.ctx.node;
    const { pid } = this.state.probe;
    const { address, formerEnd } = this.state;
    this.state.told = this.state.offer;
    const capabilities = this.#capabilities();
    const said = {
      capabilities,
      ...(address === undefined ? {} : { address }),
      ...(formerEnd === undefined ? {} : { formerEnd }),
    };
    this.ctx.pipe(
      registry.register({ agent: this.ctx.self, name, incarnation, pid, ...said }),
      "accepted",
      "missed",
    );
  }

  #askWorker(): void {
    const { isAsking, served } = this.state;
    if (isAsking || !served) return;
    this.state.isAsking = true;
    this.ctx.pipe(served(), "offers", "silent");
  }

  /** When the node's own skills were shown, its worker need not know. */
  #capabilities(): NodeCapabilities {
    const { capabilities, offer } = this.state;
    if (!offer) return capabilities;
    const shown = new Map(capabilities.skills.map((own) => [own.skill, own.verifiedAt]));
    const skills = offer.skills.map((held) => ({
      ...held,
      verifiedAt: held.verifiedAt ?? shown.get(held.skill) ?? null,
    }));
    return { ...capabilities, ...offer, skills };
  }

  #seekLater(): void {
    this.state.phase = { kind: "seeking" };
    this.state.attempt += 1;
    this.ctx.after(backoffDelay(retry, this.state.attempt, this.ctx.random()), "seek");
  }

  #load(): NodeLoad {
    return { ...this.state.probe.load(), crashesInMinute: this.#crashedLately().length };
  }

  #crashedLately(): readonly number[] {
    const since = this.ctx.now() - minuteMs;
    return this.state.crashedAt.filter((at) => at > since);
  }
}
