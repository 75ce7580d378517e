// This node's dealings with others: messages and watches out, envelopes in. The far side of an ask
// that came in is a `Reply` like any other; the handler does not notice the difference.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { formatAddress, formatNode, type NodeId } from "#protocols/address.ts";
import { type Envelope, type Exit, type Target, targetOf } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import { type Asks, PendingAsk } from "./asks.ts";
import type { LocalActor } from "./cell-host.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { Clock, SendOutcome, Transport, TransportEvents } from "./ports.ts";
import type { RefHandle } from "./ref.ts";
import type { Registry } from "./registry.ts";
import type { RemoteWatcher } from "./watch.ts";

export interface RemotePorts {
  readonly transport: Transport;
  readonly registry: Registry;
  readonly asks: Asks;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
  nodeUp(node: NodeId): void;
  refused(by: NodeId, reason: string): void;
}

const sendFailures: Readonly<Record<Exclude<SendOutcome, "accepted">, string>> = {
  link_full: "too much waits for that node already; send less, or wait for answers",
  too_large: "the message is larger than a frame may be; split it",
  node_down: "that node is gone",
  not_found: "no node of that name is known; name it in the topology",
};

export class Remote implements TransportEvents {
  readonly #ports: RemotePorts;
  /** Asks that came in and are not answered, by asking node and its number. */
  readonly #incoming = new Map<string, Map<number, PendingAsk>>();

  constructor(ports: RemotePorts) {
    this.#ports = ports;
  }

  // ---- outwards

  tell(handle: RefHandle, method: string, args: readonly unknown[]): void {
    const isControl = isControlMethod(handle, method);
    const to = targetOf(handle.address);
    const outcome = this.#send(handle.address.node, { kind: "tell", to, method, args, isControl });
    if (outcome === "accepted") return;
    this.#ports.deadLetters.add({ reason: outcome, to: formatAddress(handle.address), method });
  }

  ask(handle: RefHandle, method: string, args: readonly unknown[], ask: PendingAsk): void {
    const { node } = handle.address;
    const correlation = this.#ports.asks.track(formatNode(node), ask);
    const remainingMs = Math.max(0, Math.ceil(ask.deadlineMs - this.#ports.clock.now()));
    const to = targetOf(handle.address);
    const envelope = { kind: "ask", to, method, args, correlation, remainingMs } as const;
    ask.onGivenUp = () => {
      this.#ports.asks.forget(correlation);
      this.#send(node, { kind: "cancel", correlation });
    };
    const outcome = this.#send(node, envelope);
    if (outcome === "accepted") return;
    this.#ports.asks.forget(correlation);
    const text = `${method} did not reach ${formatAddress(handle.address)}: ${sendFailures[outcome]}`;
    ask.refuse(new Failure(outcome, text));
  }

  beginWatch(ref: AnyRef, watcher: LocalActor): void {
    const { address } = ref.$;
    const to = targetOf(address);
    const outcome = this.#send(address.node, { kind: "watch", to, watcher: watcher.address.uid });
    if (outcome === "accepted") return;
    const gone = watcher.watching.take(address.node.name, to);
    if (gone) watcher.heardTerminated(gone, { kind: "node-down", node: address.node.name });
  }

  endWatch(ref: AnyRef, watcher: LocalActor): void {
    const { address } = ref.$;
    this.#send(address.node, {
      kind: "unwatch",
      to: targetOf(address),
      watcher: watcher.address.uid,
    });
  }

  notify(watcher: RemoteWatcher, exit: Exit): void {
    this.#send(watcher.node, {
      kind: "terminated",
      watcher: watcher.watcher,
      to: watcher.named,
      exit,
    });
  }

  // ---- inwards

  deliver(from: NodeId, envelope: Envelope): void {
    switch (envelope.kind) {
      case "tell":
        this.#told(envelope);
        return;
      case "ask":
        this.#asked(from, envelope);
        return;
      case "cancel":
        this.#cancelled(from, envelope.correlation);
        return;
      case "reply":
        this.#ports.asks.take(envelope.correlation)?.succeed(envelope.value);
        return;
      case "refusal": {
        const { code, detail } = envelope.failure;
        this.#ports.asks.take(envelope.correlation)?.refuse(new Failure(code, detail));
        return;
      }
      case "watch":
        this.#watched(from, envelope.to, envelope.watcher);
        return;
      case "unwatch": {
        const watcher = { node: from, watcher: envelope.watcher, named: envelope.to };
        this.#ports.registry.find(envelope.to)?.watchers.removeRemote(watcher);
        return;
      }
      case "terminated":
        this.#terminated(from, envelope.watcher, envelope.to, envelope.exit);
        return;
      default:
        envelope satisfies never;
    }
  }

  nodeUp(node: NodeId): void {
    this.#ports.nodeUp(node);
  }

  refused(by: NodeId, reason: string): void {
    this.#ports.refused(by, reason);
  }

  nodeDown(node: NodeId, lost: readonly Envelope[]): void {
    this.#ports.asks.nodeDown(formatNode(node));
    for (const envelope of lost) this.#lost(node, envelope);
    this.#withdrawAsksOf(node);
    const exit: Exit = { kind: "node-down", node: node.name };
    for (const actor of [...this.#ports.registry.all]) {
      actor.watchers.dropNode(node);
      for (const ref of actor.watching.takeNode(node)) actor.heardTerminated(ref, exit);
    }
  }

  #lost(node: NodeId, envelope: Envelope): void {
    if (envelope.kind === "ask") {
      const text = `node ${node.name} went down before it answered ${envelope.method}`;
      this.#ports.asks.take(envelope.correlation)?.refuse(new Failure("node_down", text));
    } else if (envelope.kind === "tell") {
      const to = formatAddress({ node, ...envelope.to });
      this.#ports.deadLetters.add({ reason: "node_down", to, method: envelope.method });
    }
  }

  #told(envelope: Extract<Envelope, { kind: "tell" }>): void {
    const { actor, refusal } = this.#receiver(envelope);
    if (actor) {
      actor.accept(envelope.method, envelope.args, undefined);
      return;
    }
    const to = `${envelope.to.path}#${envelope.to.uid}`;
    this.#ports.deadLetters.add({ reason: refusal.code, to, method: envelope.method });
  }

  #asked(from: NodeId, envelope: Extract<Envelope, { kind: "ask" }>): void {
    const { correlation } = envelope;
    const open = this.#openFor(from);
    const deadlineMs = this.#ports.clock.now() + envelope.remainingMs;
    const reply = new PendingAsk(deadlineMs, (outcome) => {
      open.delete(correlation);
      if ("value" in outcome) this.#answer(from, correlation, outcome.value);
      else this.#refuse(from, correlation, outcome.failure);
    });
    const { actor, refusal } = this.#receiver(envelope);
    if (!actor) {
      reply.refuse(refusal);
      return;
    }
    open.set(correlation, reply);
    actor.accept(envelope.method, envelope.args, reply);
  }

  #answer(to: NodeId, correlation: number, value: unknown): void {
    const failure = this.#tryAnswer(to, correlation, value);
    if (failure) this.#refuse(to, correlation, failure);
  }

  #tryAnswer(to: NodeId, correlation: number, value: unknown): Failure | undefined {
    try {
      const outcome = this.#send(to, { kind: "reply", correlation, value });
      if (outcome !== "too_large") return undefined;
      return new Failure("too_large", "the reply exceeds a frame; split it");
    } catch (error) {
      // The handler answered with something that is not plain data.
      return Failure.of(error);
    }
  }

  #refuse(to: NodeId, correlation: number, failure: Failure): void {
    if (failure.code === "cancelled") return;
    this.#send(to, { kind: "refusal", correlation, failure: failure.toData() });
  }

  #cancelled(from: NodeId, correlation: number): void {
    const reply = this.#incoming.get(formatNode(from))?.get(correlation);
    reply?.giveUp(new Failure("cancelled", "the asking node withdrew its request"));
  }

  #withdrawAsksOf(node: NodeId): void {
    const open = this.#incoming.get(formatNode(node));
    this.#incoming.delete(formatNode(node));
    for (const reply of [...(open?.values() ?? [])]) {
      reply.giveUp(new Failure("cancelled", "the asking node is gone"));
    }
  }

  #openFor(node: NodeId): Map<number, PendingAsk> {
    const key = formatNode(node);
    const open = this.#incoming.get(key) ?? new Map<number, PendingAsk>();
    this.#incoming.set(key, open);
    return open;
  }

  /** The actor that may have this message, or why nobody may. Trust ends at the wire. */
  #receiver(envelope: {
    to: Target;
    method: string;
    args: readonly unknown[];
  }):
    | { readonly actor: LocalActor; readonly refusal?: undefined }
    | { readonly actor?: undefined; readonly refusal: Failure } {
    const actor = this.#ports.registry.find(envelope.to);
    if (!actor) return refused("actor_stopped", `no actor lives at ${envelope.to.path} any more`);
    const method = actor.protocol.methods.get(envelope.method);
    if (!method) {
      return refused(
        "unknown_message",
        `${actor.protocol.id} at ${envelope.to.path} has no method ${envelope.method}`,
      );
    }
    const problem = method.refuse(envelope.args);
    if (problem === undefined) return { actor };
    return refused("invalid", `${actor.protocol.id} ${envelope.method}: ${problem}`);
  }

  #watched(from: NodeId, to: Target, watcher: number): void {
    const remoteWatcher = { node: from, watcher, named: to };
    const actor = this.#ports.registry.find(to);
    if (actor) actor.watchers.addRemote(remoteWatcher);
    else this.notify(remoteWatcher, { kind: "stopped" });
  }

  #terminated(from: NodeId, watcher: number, to: Target, exit: Exit): void {
    const actor = this.#ports.registry.find({ path: "", uid: watcher });
    const ref = actor?.watching.take(from.name, to);
    if (actor && ref) actor.heardTerminated(ref, exit);
  }

  #send(node: NodeId, envelope: Envelope): SendOutcome {
    return this.#ports.transport.send(node, envelope);
  }
}

const refused = (code: FailureCode, detail: string): { readonly refusal: Failure } => ({
  refusal: new Failure(code, detail),
});

function isControlMethod(handle: RefHandle, method: string): boolean {
  const kind = handle.protocol.methods.get(method)?.kind;
  return kind?.kind === "tell" && kind.control;
}
