// Messages for the hosted actor that came through its parent's mailbox, on their last step. They enter
// its own mailbox one at a time, so that at any instant it is known which of them it has begun: those
// that it has not are handed on to its successor when it fails.
//
//   port ─► queue ─► one in the mailbox ─► begun (told to the parent: room for another)
import type { Envelope } from "#protocols/envelope.ts";
import { payloadOf } from "#protocols/selector.ts";
import type { PortItem } from "./port-messages.ts";

export interface ArrivalPorts {
  now(): number;
  deliver(item: PortItem): void;
  /** The hosted actor has begun the message of that number, and all before it; or they are void. */
  begun(number: number): void;
}

interface Arrival {
  readonly item: PortItem;
  readonly number: number;
  readonly atMs: number;
}

export class Arrivals {
  readonly #ports: ArrivalPorts;
  #queue: Arrival[] = [];
  /** Stands in the hosted actor's mailbox. */
  #waiting: Arrival | undefined;
  #isFeeding = false;
  #isClosed = false;
  #whenEmpty: (() => void) | undefined;

  constructor(ports: ArrivalPorts) {
    this.#ports = ports;
  }

  add(item: PortItem, number: number): void {
    if (this.#isClosed) return;
    this.#queue.push({ item, number, atMs: this.#ports.now() });
    this.#feed();
  }

  /** The hosted actor takes a message. Equal messages of others count the same. */
  taken(method: string, payload: unknown): void {
    const envelope = this.#waiting?.item.envelope;
    if (envelope?.kind !== "tell" && envelope?.kind !== "ask") return;
    if (envelope.method !== method || !Object.is(payloadOf(envelope.args), payload)) return;
    this.#settle();
  }

  /** Nobody waits for that ask any more, or it is answered. */
  closed(correlation: number): void {
    if (this.isWaiting(correlation)) this.#settle();
    else this.#queue = this.#queue.filter(({ item }) => correlationOf(item) !== correlation);
  }

  /** The message that is being delivered was refused. */
  refused(): void {
    if (this.#isFeeding) this.#settle();
  }

  isWaiting(correlation: number): boolean {
    return this.#waiting !== undefined && correlationOf(this.#waiting.item) === correlation;
  }

  /** What has not been begun is not to be begun. */
  close(): void {
    this.#isClosed = true;
    this.#queue = [];
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Calls once all has been begun. */
  onceEmpty(call: () => void): void {
    this.#whenEmpty = call;
    this.#tellEmpty();
  }

  #settle(): void {
    if (this.#waiting === undefined || this.#isClosed) return;
    this.#ports.begun(this.#waiting.number);
    this.#waiting = undefined;
    if (!this.#isFeeding) this.#feed();
  }

  #feed(): void {
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    while (this.#waiting === undefined && !this.#isClosed) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      this.#waiting = next;
      const item = this.#asOfNow(next);
      if (item) this.#ports.deliver(item);
      else this.#settle();
    }
    this.#isFeeding = false;
    this.#tellEmpty();
  }

  /** The item with what is left of its time; undefined when nothing is. */
  #asOfNow({ item, atMs }: Arrival): PortItem | undefined {
    const { envelope } = item;
    if (envelope.kind !== "ask") return item;
    const remainingMs = envelope.remainingMs - (this.#ports.now() - atMs);
    return remainingMs > 0 ? { ...item, envelope: { ...envelope, remainingMs } } : undefined;
  }

  #tellEmpty(): void {
    if (this.#waiting !== undefined || this.#queue.length > 0) return;
    const call = this.#whenEmpty;
    this.#whenEmpty = undefined;
    call?.();
  }
}

const correlationOf = ({ envelope }: { readonly envelope: Envelope }): number | undefined =>
  envelope.kind === "ask" ? envelope.correlation : undefined;
