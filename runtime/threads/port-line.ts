// One end of a thread's port. All items of a turn leave in one batch, and the other end says how many
// it has received: what is posted and not received yet is bounded.
import type { NodeId } from "#protocols/address.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { BoundCounts } from "#runtime/core/bounds.ts";
import type { RefCodec, SendOutcome } from "#runtime/core/ports.ts";
import { type PackedRef, pack, unpack } from "./parcel.ts";
import type { PortBatch, PortItem } from "./port-messages.ts";
import { expanded, type ShortEnds, shortened } from "./short-item.ts";

export interface PortLinePorts {
  readonly refs: RefCodec;
  readonly bounds: BoundCounts;
  /** Of the short items that arrive. */
  readonly shortEnds: ShortEnds;
  /** Posts to the other thread; the buffers move. */
  post(batch: PortBatch, moved: ArrayBuffer[]): void;
  /** A ref as the other side is to know it. */
  outward(ref: PackedRef): PackedRef;
  /** A ref of the other side as this one knows it. */
  inward(ref: PackedRef): PackedRef;
  arrived(item: PortItem): void;
  /** Its bytes could not be moved: it is not going to arrive. */
  lost(item: PortItem, failure: Failure): void;
}

interface Outgoing {
  readonly item: PortItem;
  readonly moved: readonly ArrayBuffer[];
}

export class PortLine {
  readonly #ports: PortLinePorts;
  #outgoing: Outgoing[] = [];
  #isDue = false;
  #unreceived = 0;
  #received = 0;
  #begun = 0;

  constructor(ports: PortLinePorts) {
    this.#ports = ports;
  }

  /** Items that the other end has not received yet. */
  get unreceivedCount(): number {
    return this.#unreceived;
  }

  /** Fails with `invalid`, naming the place, when the envelope holds what cannot be cloned. */
  send(node: NodeId, envelope: Envelope, number?: number): SendOutcome {
    // Numbered items have a window of their own.
    if (number === undefined && this.#unreceived >= limits.threadMessagesMax) {
      this.#ports.bounds.reached("threadMessagesMax");
      return "link_full";
    }
    const packed = this.#packed(envelope);
    const numbered = number === undefined ? {} : { number };
    const refs = packed.refs === undefined ? {} : { refs: packed.refs };
    const item: PortItem = { node, envelope: packed.envelope, ...refs, ...numbered };
    this.#unreceived += 1;
    this.#outgoing.push({ item, moved: packed.moved });
    // What moves leaves at once, so that nobody else can send it too.
    if (packed.moved.length > 0) this.flush();
    else this.#flushSoon();
    return "accepted";
  }

  /** The hosted actor has begun that message: tells it with the next batch. */
  begun(number: number): void {
    this.#begun = number;
    this.#flushSoon();
  }

  heard(batch: PortBatch): void {
    this.#unreceived -= batch.received;
    for (const item of batch.items) {
      this.#ports.arrived(this.#unpacked(expanded(item, this.#ports.shortEnds)));
    }
    if (batch.items.length === 0) return;
    this.#received += batch.items.length;
    this.#flushSoon();
  }

  /** Posts what waits, so that what is posted next comes after it. */
  flush(): void {
    this.#isDue = false;
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    try {
      this.#post(outgoing);
    } catch (cause) {
      this.#postOneByOne(outgoing, cause);
    }
  }

  #flushSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      if (this.#isDue) this.flush();
    });
  }

  #post(outgoing: readonly Outgoing[]): void {
    const moved: ArrayBuffer[] = [];
    for (const { moved: buffers } of outgoing) moved.push(...buffers);
    const items = outgoing.map(({ item }) => shortened(item));
    const batch = { kind: "batch", items, received: this.#received, begun: this.#begun } as const;
    this.#ports.post(batch, moved);
    this.#received = 0;
  }

  /** A buffer that has moved already spoils the whole batch: the others shall not suffer. */
  #postOneByOne(outgoing: readonly Outgoing[], cause: unknown): void {
    for (const one of outgoing) {
      try {
        this.#post([one]);
      } catch (error) {
        this.#unreceived -= 1;
        const text = `the message cannot cross to another thread: ${String(error)}; were its bytes moved before?`;
        this.#ports.lost(one.item, new Failure("invalid", text, cause));
      }
    }
  }

  #packed(envelope: Envelope): {
    readonly envelope: Envelope;
    readonly refs?: readonly PackedRef[] | undefined;
    readonly moved: readonly ArrayBuffer[];
  } {
    const { refs } = this.#ports;
    const data = dataOf(envelope);
    if (data === undefined) return { envelope, moved: [] };
    const parcel = pack(refs, data.what, data.value);
    return {
      envelope: parcel.refs === undefined ? envelope : withData(envelope, parcel.value),
      refs: parcel.refs?.map((ref) => this.#ports.outward(ref)),
      moved: parcel.moved,
    };
  }

  #unpacked(item: PortItem): PortItem {
    const { envelope, refs } = item;
    const data = dataOf(envelope);
    if (refs === undefined || data === undefined) return item;
    const value = unpack({ value: data.value, refs }, (ref) => this.#revive(ref));
    return { ...item, envelope: withData(envelope, value) };
  }

  #revive(ref: PackedRef): unknown {
    const { address, protocolId } = this.#ports.inward(ref);
    return this.#ports.refs.revive(address, protocolId);
  }
}

/** What users have put into an envelope. */
function dataOf(
  envelope: Envelope,
): { readonly what: string; readonly value: unknown } | undefined {
  switch (envelope.kind) {
    case "tell":
    case "ask":
      return { what: `${envelope.method}: arguments`, value: envelope.args };
    case "reply":
      return { what: "the reply", value: envelope.value };
    default:
      return undefined;
  }
}

function withData(envelope: Envelope, value: unknown): Envelope {
  if (envelope.kind === "reply") return { ...envelope, value };
  if (envelope.kind !== "tell" && envelope.kind !== "ask") return envelope;
  return Array.isArray(value) ? { ...envelope, args: value } : envelope;
}
