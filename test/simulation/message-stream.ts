// What one process sent to one name, and what became of each message. Streaming: every report is
// judged when it comes.
//
//   waiting ---> delivered            once, in order, to a process that it was meant for
//      '-------> lost ---> delivered  reported with the process's end, which it had reached after all
//   delivered -> lost                 the acknowledgement did not come any more
import { formatNode, type NodeId } from "#protocols/address.ts";
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";

interface Fate {
  /** The incarnation that it was meant for; 0 for whichever bears the name. */
  readonly wanted: number;
  deliveredTo: number | undefined;
  /** The incarnation with whose end it was reported lost; 0 for none. */
  lostWith: number | undefined;
}

export class MessageStream {
  readonly #from: NodeId;
  readonly #to: string;
  readonly #fates: Fate[] = [];
  /** By wanted incarnation: sequence numbers in order, of which the first may be settled. */
  readonly #waiting = new Map<number, { readonly sequences: number[]; first: number }>();
  readonly #lastDelivered = new Map<number, number>();

  constructor(from: NodeId, to: string) {
    this.#from = from;
    this.#to = to;
  }

  /** The sequence number that the next message taken will have. */
  get nextSequence(): number {
    return this.#fates.length;
  }

  taken(wanted: number): void {
    const queue = this.#waiting.get(wanted) ?? { sequences: [], first: 0 };
    queue.sequences.push(this.#fates.length);
    this.#waiting.set(wanted, queue);
    this.#fates.push({ wanted, deliveredTo: undefined, lostWith: undefined });
  }

  /** Of a sender that leaves: what it has given up meanwhile, it tells nobody any more. */
  delivered(sequence: number, incarnation: number, sender: "lives" | "leaves"): void {
    const fate = this.#fate(sequence);
    const what = this.#describe(sequence);
    const where = formatNode({ name: this.#to, incarnation });
    if (fate.deliveredTo !== undefined) throw broken(`${what} came twice, now to ${where}`);
    if (fate.wanted !== 0 && fate.wanted !== incarnation) {
      throw broken(`${what} was meant for ${fate.wanted} and came to ${where}`);
    }
    if (fate.lostWith !== undefined && fate.lostWith !== incarnation) {
      throw broken(`${what} was reported lost with ${fate.lostWith} and came to ${where}`);
    }
    const last = this.#lastDelivered.get(incarnation) ?? -1;
    if (sequence <= last) throw broken(`${what} came to ${where} after message ${last}`);
    this.#lastDelivered.set(incarnation, sequence);
    fate.deliveredTo = incarnation;
    if (fate.lostWith !== undefined || sender === "leaves") return;
    for (const wanted of [0, incarnation]) {
      const first = this.#firstWaiting(wanted);
      if (first !== undefined && first < sequence) {
        throw broken(`${what} came to ${where} before message ${first}, which went before it`);
      }
    }
  }

  /** Reported lost by the sender, with the end of this incarnation; 0: nobody ever had the name. */
  lost(sequence: number, incarnation: number): void {
    const fate = this.#fate(sequence);
    const what = this.#describe(sequence);
    if (fate.lostWith !== undefined) throw broken(`${what} was reported lost twice`);
    if (fate.wanted !== 0 && fate.wanted !== incarnation) {
      throw broken(`${what} was meant for ${fate.wanted} and reported lost with ${incarnation}`);
    }
    if (fate.deliveredTo !== undefined && fate.deliveredTo !== incarnation) {
      throw broken(`${what} came to ${fate.deliveredTo} and was reported lost with ${incarnation}`);
    }
    fate.lostWith = incarnation;
  }

  /** At the end: nothing may be unknown, and nothing lost with the process that still lives. */
  settled(living: number): void {
    for (const [sequence, { deliveredTo, lostWith }] of this.#fates.entries()) {
      const what = this.#describe(sequence);
      if (deliveredTo === undefined && lostWith === undefined) {
        throw broken(`${what} was neither delivered nor reported lost`);
      }
      if (lostWith === living) {
        throw broken(`${what} was reported lost although both processes live`);
      }
    }
  }

  isDelivered(sequence: number, incarnation: number): boolean {
    return this.#fates[sequence]?.deliveredTo === incarnation;
  }

  /** The lowest sequence number that is neither delivered nor lost. */
  #firstWaiting(wanted: number): number | undefined {
    const queue = this.#waiting.get(wanted);
    if (queue === undefined) return undefined;
    for (;;) {
      const sequence = queue.sequences[queue.first];
      if (sequence === undefined) return undefined;
      const fate = this.#fate(sequence);
      if (fate.deliveredTo === undefined && fate.lostWith === undefined) return sequence;
      queue.first++;
    }
  }

  #fate(sequence: number): Fate {
    const fate = this.#fates[sequence];
    if (fate) return fate;
    throw broken(`${this.#describe(sequence)} was never sent`);
  }

  #describe(sequence: number): string {
    return `message ${sequence} of ${formatNode(this.#from)} to ${this.#to}`;
  }
}
