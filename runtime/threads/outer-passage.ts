// How threads talk to other nodes: under their parent's name. Asks and watches get numbers that the
// parent itself never uses, and what comes back under such a number goes on to the thread.
//
//   thread: ask 7 ─► passage: ask 2^40+1 ─► node B          node B: reply 2^40+1 ─► thread: reply 7
import { formatNode, type NodeId } from "#protocols/address.ts";
import { nobody } from "#protocols/context-layout.ts";
import type { Envelope, EnvelopeContext } from "#protocols/envelope.ts";
import type { SendOutcome } from "#runtime/core/ports.ts";

export interface PassagePorts {
  sendOut(to: NodeId, envelope: Envelope): SendOutcome;
  sendIn(thread: NodeId, from: NodeId, envelope: Envelope): void;
}

interface Crossing {
  readonly thread: NodeId;
  readonly to: NodeId;
  /** The thread's own number. */
  readonly number: number;
  /** What ends it when the thread is gone. */
  readonly farewell: Envelope;
}

/** Above all numbers that a node's own asks and actors reach. */
const numbersFrom = 2 ** 40;

export class OuterPassage {
  readonly #ports: PassagePorts;
  readonly #crossings = new Map<number, Crossing>();
  /** By the thread's own number. */
  readonly #numbers = new Map<string, number>();
  #last = numbersFrom;

  constructor(ports: PassagePorts) {
    this.#ports = ports;
  }

  out(thread: NodeId, to: NodeId, envelope: Envelope): SendOutcome {
    switch (envelope.kind) {
      case "tell":
        return this.#ports.sendOut(to, { ...envelope, context: outerContext(envelope.context) });
      case "ask":
        return this.#ask(thread, to, envelope);
      case "cancel": {
        const known = this.#take(askKey(thread, envelope.correlation));
        if (known === undefined) return "accepted";
        return this.#ports.sendOut(to, { kind: "cancel", correlation: known });
      }
      case "watch":
        return this.#watch(thread, to, envelope);
      case "unwatch": {
        const known = this.#take(watchKey(thread, to, envelope));
        if (known === undefined) return "accepted";
        return this.#ports.sendOut(to, { ...envelope, watcher: known });
      }
      case "reply":
      case "refusal":
      case "terminated":
        return "not_found";
      // A thread's actor has its window and its mailbox outside, which pause others themselves.
      case "pause":
      case "resume":
        return "accepted";
      default:
        return envelope satisfies never;
    }
  }

  /** True when the envelope was for a thread. */
  arrived(from: NodeId, envelope: Envelope): boolean {
    if (envelope.kind === "reply" || envelope.kind === "refusal") {
      const crossing = this.#crossings.get(envelope.correlation);
      if (crossing === undefined) return envelope.correlation >= numbersFrom;
      this.#take(askKey(crossing.thread, crossing.number));
      this.#ports.sendIn(crossing.thread, from, { ...envelope, correlation: crossing.number });
      return true;
    }
    if (envelope.kind !== "terminated" || envelope.watcher < numbersFrom) return false;
    const crossing = this.#crossings.get(envelope.watcher);
    if (crossing === undefined) return true;
    this.#take(watchKey(crossing.thread, crossing.to, { ...envelope, watcher: crossing.number }));
    this.#ports.sendIn(crossing.thread, from, { ...envelope, watcher: crossing.number });
    return true;
  }

  /** Nobody waits there for answers any more. */
  threadGone(thread: NodeId): void {
    for (const [number, crossing] of [...this.#crossings]) {
      if (formatNode(crossing.thread) !== formatNode(thread)) continue;
      this.#crossings.delete(number);
      this.#ports.sendOut(crossing.to, crossing.farewell);
    }
    this.#forgetNumbers();
  }

  /** The threads hear it themselves. */
  nodeDown(node: NodeId): void {
    for (const [number, { to }] of [...this.#crossings]) {
      if (to.name === node.name) this.#crossings.delete(number);
    }
    this.#forgetNumbers();
  }

  #ask(thread: NodeId, to: NodeId, envelope: Extract<Envelope, { kind: "ask" }>): SendOutcome {
    const { correlation: number, context } = envelope;
    const correlation = this.#last + 1;
    const outcome = this.#ports.sendOut(to, {
      ...envelope,
      correlation,
      context: outerContext(context),
    });
    if (outcome !== "accepted") return outcome;
    const farewell = { kind: "cancel", correlation } as const;
    this.#enter(askKey(thread, number), correlation, { thread, to, number, farewell });
    return "accepted";
  }

  #watch(thread: NodeId, to: NodeId, envelope: Extract<Envelope, { kind: "watch" }>): SendOutcome {
    const watcher = this.#last + 1;
    const outcome = this.#ports.sendOut(to, { ...envelope, watcher });
    if (outcome !== "accepted") return outcome;
    const farewell = { ...envelope, kind: "unwatch", watcher } as const;
    const crossing = { thread, to, number: envelope.watcher, farewell };
    this.#enter(watchKey(thread, to, envelope), watcher, crossing);
    return "accepted";
  }

  #enter(key: string, outer: number, crossing: Crossing): void {
    this.#last = outer;
    this.#crossings.set(outer, crossing);
    this.#numbers.set(key, outer);
  }

  #take(key: string): number | undefined {
    const number = this.#numbers.get(key);
    this.#numbers.delete(key);
    if (number !== undefined) this.#crossings.delete(number);
    return number;
  }

  #forgetNumbers(): void {
    for (const [key, number] of this.#numbers) {
      if (!this.#crossings.has(number)) this.#numbers.delete(key);
    }
  }
}

/** A sender without a node is the thread's, which nobody outside knows: it would be taken for another. */
const outerContext = (context: EnvelopeContext | undefined): EnvelopeContext | undefined =>
  context && (context.sender.node ? context : { ...context, sender: nobody });

const askKey = (thread: NodeId, correlation: number): string =>
  `${formatNode(thread)} ask ${correlation}`;

const watchKey = (
  thread: NodeId,
  { name }: NodeId,
  {
    to,
    watcher,
  }: { readonly to: { readonly path: string; readonly uid: number }; readonly watcher: number },
): string => `${formatNode(thread)} watch ${name} ${to.path}#${to.uid} ${watcher}`;
