// What this node's engine says to others: messages, watches, notices, answers.
//
// A message that the link has no room for is its sender's to hear of. What the engine owes (a notice
// of an end, an answer, a watch) is small and must arrive: it waits here until there is room.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type Address, formatAddress, formatNode, type NodeId } from "#protocols/address.ts";
import { type Envelope, type Exit, type Target, targetOf } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { MethodSpec } from "#protocols/protocol.ts";
import type { Addressed } from "./ask-terms.ts";
import type { Asks, PendingAsk } from "./asks.ts";
import type { BoundCounts } from "./bounds.ts";
import type { LocalActor } from "./cell-host.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { Focus } from "./focus.ts";
import type { Origin } from "./origin.ts";
import type { Clock, SendOutcome, Transport } from "./ports.ts";
import type { RemoteGates } from "./remote-gates.ts";
import type { Withdrawable } from "./reply.ts";
import { SentContexts } from "./sent-contexts.ts";
import type { TimerQueue } from "./timer-queue.ts";
import type { RemoteWatcher } from "./watch.ts";

export interface OutboxPorts {
  readonly node: NodeId;
  readonly transport: Transport;
  readonly asks: Asks;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly bounds: BoundCounts;
  readonly focus: Focus;
  readonly gates: RemoteGates;
}

/** Milliseconds until what is owed is tried again. */
const owedRetryMs = 50;

const sendFailures: Readonly<Record<Exclude<SendOutcome, "accepted">, string>> = {
  link_full: "too much waits for that node already; send less, or wait for answers",
  too_large: "the message is larger than a frame may be; split it",
  node_down: "that node is gone",
  not_found: "no node of that name is known; name it in the topology",
};

export class RemoteOutbox {
  readonly #ports: OutboxPorts;
  /** What waits for room on a link, by node. */
  readonly #owed = new Map<string, { readonly node: NodeId; readonly envelopes: Envelope[] }>();
  readonly #contexts: SentContexts;

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
    this.#contexts = new SentContexts(ports.node, ports.bounds);
  }

  /** What waits for the node for which most does. */
  get owedHighest(): number {
    let highest = 0;
    for (const { envelopes } of this.#owed.values()) highest = Math.max(highest, envelopes.length);
    return highest;
  }

  get owedCount(): number {
    let count = 0;
    for (const { envelopes } of this.#owed.values()) count += envelopes.length;
    return count;
  }

  /** False: the link did not take it, and it is a dead letter. */
  tell(handle: Addressed, spec: MethodSpec, args: readonly unknown[], by?: Origin): boolean {
    const { name: method, kind } = spec;
    const isControl = kind.kind === "tell" && kind.control;
    const to = targetOf(handle.address);
    const context = this.#contexts.ofTell(by);
    const envelope = { kind: "tell", to, method, args, isControl, context } as const;
    const outcome = this.#send(handle.address.node, envelope);
    if (outcome === "accepted") {
      this.#ports.gates.passed(this.#ports.focus.cell, handle.address);
      return true;
    }
    const lost = { reason: outcome, to: formatAddress(handle.address), method };
    this.#ports.deadLetters.add({ ...lost, from: by?.sender });
    return false;
  }

  /** False: the link did not take it, and it has failed. */
  ask(handle: Addressed, spec: MethodSpec, args: readonly unknown[], ask: PendingAsk): boolean {
    const { name: method } = spec;
    const { node } = handle.address;
    const correlation = this.#ports.asks.track(node, ask);
    const remainingMs = Math.max(0, Math.ceil(ask.deadlineMs - this.#ports.clock.now()));
    const to = targetOf(handle.address);
    const context = this.#contexts.ofAsk(ask);
    const envelope = { kind: "ask", to, method, args, correlation, remainingMs, context } as const;
    ask.worker = new RemoteWork(this, node, correlation);
    const outcome = this.#trySend(node, envelope);
    if (outcome === "accepted") return true;
    this.#ports.asks.forget(correlation);
    if (outcome instanceof Failure) {
      ask.refuse(outcome);
      return false;
    }
    const text = `${method} did not reach ${formatAddress(handle.address)}: ${sendFailures[outcome]}`;
    ask.refuse(new Failure(outcome, text));
    return false;
  }

  /** The asker gave up: the answer is not wanted any more. */
  withdraw(node: NodeId, correlation: number): void {
    this.#ports.asks.forget(correlation);
    this.#sendSurely(node, { kind: "cancel", correlation });
  }

  /** Settles when the way to that actor is clear. */
  room(to: Address, signal: AbortSignal | undefined): Promise<void> {
    return this.#ports.gates.room(to, signal);
  }

  /** Senders of that node should pause for an actor of this one. */
  hold(node: NodeId, actor: Target): void {
    this.#sendSurely(node, { kind: "pause", to: actor });
  }

  goOn(node: NodeId, actor: Target): void {
    this.#sendSurely(node, { kind: "resume", to: actor });
  }

  beginWatch(ref: AnyRef, watcher: LocalActor): void {
    const { address } = ref.$;
    const to = targetOf(address);
    const { uid } = watcher.address;
    const watch = { kind: "watch", to, watcher: uid } as const;
    if (this.#sendSurely(address.node, watch) === "accepted") return;
    const gone = watcher.ownHousehold.watching.take(address.node.name, to);
    if (gone) watcher.heardTerminated(gone, { kind: "node-down", node: address.node.name });
  }

  endWatch(ref: AnyRef, watcher: LocalActor): void {
    const { address } = ref.$;
    this.#sendSurely(address.node, {
      kind: "unwatch",
      to: targetOf(address),
      watcher: watcher.address.uid,
    });
  }

  notify(watcher: RemoteWatcher, exit: Exit): void {
    this.#sendSurely(watcher.node, {
      kind: "terminated",
      watcher: watcher.watcher,
      to: watcher.named,
      exit,
    });
  }

  answer(to: NodeId, correlation: number, value: unknown): void {
    const failure = this.#tryAnswer(to, correlation, value);
    if (failure) this.refuse(to, correlation, failure);
  }

  refuse(to: NodeId, correlation: number, failure: Failure): void {
    if (failure.code === "cancelled") return;
    this.#sendSurely(to, { kind: "refusal", correlation, failure: failure.toData() });
  }

  /** Nothing is owed to a node that is gone. */
  nodeDown(node: NodeId): void {
    this.#owed.delete(formatNode(node));
  }

  #tryAnswer(to: NodeId, correlation: number, value: unknown): Failure | undefined {
    const outcome = this.#trySend(to, { kind: "reply", correlation, value });
    if (outcome !== "too_large" && outcome !== "link_full") {
      return outcome instanceof Failure ? outcome : undefined;
    }
    return new Failure(outcome, `the reply could not be sent: ${sendFailures[outcome]}`);
  }

  /** Accepted means that it will be sent as soon as there is room, in the order of these calls. */
  #sendSurely(node: NodeId, envelope: Envelope): SendOutcome {
    const owed = this.#owed.size === 0 ? undefined : this.#owed.get(formatNode(node));
    if (owed) {
      if (owed.envelopes.length >= limits.owedPerNodeMax) {
        this.#ports.bounds.reached("owedPerNodeMax");
        return "link_full";
      }
      owed.envelopes.push(envelope);
      return "accepted";
    }
    const outcome = this.#send(node, envelope);
    if (outcome !== "link_full") return outcome;
    const key = formatNode(node);
    this.#owed.set(key, { node, envelopes: [envelope] });
    this.#retryLater(key);
    return "accepted";
  }

  #retryLater(key: string): void {
    const { clock, timers } = this.#ports;
    timers.set(clock.now() + owedRetryMs, () => this.#retry(key));
  }

  #retry(key: string): void {
    const owed = this.#owed.get(key);
    if (!owed) return;
    const { node, envelopes } = owed;
    const refused = envelopes.findIndex((each) => this.#send(node, each) === "link_full");
    if (refused < 0) {
      this.#owed.delete(key);
      return;
    }
    envelopes.splice(0, refused);
    this.#retryLater(key);
  }

  /** The failure, when the message holds what cannot travel. */
  #trySend(node: NodeId, envelope: Envelope): SendOutcome | Failure {
    try {
      return this.#send(node, envelope);
    } catch (error) {
      return Failure.of(error);
    }
  }

  #send(node: NodeId, envelope: Envelope): SendOutcome {
    return this.#ports.transport.send(node, envelope);
  }
}

/** An ask that another node works on. */
class RemoteWork implements Withdrawable {
  readonly #outbox: RemoteOutbox;
  readonly #node: NodeId;
  readonly #correlation: number;

  constructor(outbox: RemoteOutbox, node: NodeId, correlation: number) {
    this.#outbox = outbox;
    this.#node = node;
    this.#correlation = correlation;
  }

  withdraw(): void {
    this.#outbox.withdraw(this.#node, this.#correlation);
  }
}
