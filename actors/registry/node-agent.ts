// Speaks for its node: finds the registry, registers, and sends heartbeats with the node's load.
//
//   seeking ──found──► registering ──accepted──► registered ──(beat, beat, …)
//      ▲                   │ missed                  │ the registry ended
//      └────(backoff)──────┴─────────────────────────┘
//
// As long as there is no registry it tries again, ever more slowly; it never gives up and never
// crashes over it.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Handlers } from "#protocols/protocol.ts";
import {
  NodeAgent,
  type NodeCapabilities,
  type NodeLoad,
  NodeRegistry,
  nodeRegistryName,
} from "#protocols/tasks/node.ts";
import { Actor } from "#runtime/core/actor.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import type { TimerKey } from "#runtime/core/context.ts";
import { levelOf } from "#runtime/core/exit-level.ts";

/** The machine and the process, as the node's host sees them. */
export interface NodeProbe {
  readonly pid: number;
  capabilities(): Omit<NodeCapabilities, "models" | "slots">;
  /** The load since the last call. */
  load(): NodeLoad;
}

export interface NodeAgentArguments {
  readonly models: readonly string[];
  /** Tasks at the same time. */
  readonly slots: number;
  readonly probe: NodeProbe;
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
  /** Tries since the last success. */
  attempt: number;
}

const retry = { delayMsMin: 200, delayMsMax: 5_000, factor: 2, jitter: 0.5 };

interface Own {
  seek(): void;
  found(registry: Ref<NodeRegistry>): void;
  accepted(answer: { readonly heartbeatMs: number }): void;
  missed(failure: FailureData): void;
  beat(): void;
}

export class NodeAgentActor
  extends Actor<NodeAgent, AgentState, Own>
  implements Handlers<NodeAgent & Own>
{
  static readonly protocol = NodeAgent;

  static initial = (args: NodeAgentArguments): AgentState => ({
    ...args,
    phase: { kind: "seeking" },
    attempt: 0,
  });

  override start(): void {
    this.seek();
  }

  report(): { readonly capabilities: NodeCapabilities; readonly load: NodeLoad } {
    return { capabilities: this.#capabilities(), load: this.state.probe.load() };
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
    const { phase, probe } = this.state;
    if (phase.kind !== "registered") return;
    const { name, incarnation } = this.ctx.node;
    phase.registry.heartbeat({ agent: this.ctx.self, name, incarnation, load: probe.load() });
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
    const capabilities = this.#capabilities();
    this.ctx.pipe(
      registry.register({ agent: this.ctx.self, name, incarnation, pid, capabilities }),
      "accepted",
      "missed",
    );
  }

  #seekLater(): void {
    this.state.phase = { kind: "seeking" };
    this.state.attempt += 1;
    this.ctx.after(backoffDelay(retry, this.state.attempt, this.ctx.random()), "seek");
  }

  #capabilities(): NodeCapabilities {
    const { models, probe, slots } = this.state;
    return { ...probe.capabilities(), models: [...models], slots };
  }
}
