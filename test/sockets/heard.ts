// What a transport has told its engine, for tests that await it.
import { EventEmitter, once } from "node:events";
import type { NodeId } from "#protocols/address.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { Delivery, TransportEvents } from "#runtime/core/ports.ts";

export class Heard implements TransportEvents {
  readonly received: unknown[] = [];
  /** `up b~1`, `down b~1 lost 0`, `refused by b~1` */
  readonly events: string[] = [];
  readonly lost: Envelope[] = [];
  /** `congested b`, `eased b` */
  readonly congestion: string[] = [];
  /** Messages are kept, as for actors that take none. */
  isKeeping = false;
  readonly #name: string;
  readonly #changed = new EventEmitter();
  #kept = { from: undefined as NodeId | undefined, messages: 0, bytes: 0 };

  constructor(name: string) {
    this.#name = name;
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await once(this.#changed, "changed");
  }

  /** What was kept so far, which is taken now. */
  takeKept(): { readonly from: NodeId; readonly messages: number; readonly bytes: number } {
    const { from = { name: "nobody", incarnation: 0 }, messages, bytes } = this.#kept;
    this.#kept = { from: undefined, messages: 0, bytes: 0 };
    this.isKeeping = false;
    return { from, messages, bytes };
  }

  deliver(from: NodeId, envelope: Envelope, bytes: number): Delivery {
    this.received.push(envelope.kind === "reply" ? envelope.value : envelope.kind);
    this.#changed.emit("changed");
    if (!this.isKeeping) return "taken";
    const { messages, bytes: before } = this.#kept;
    this.#kept = { from, messages: messages + 1, bytes: before + bytes };
    return "kept";
  }

  congested(node: NodeId, isCongested: boolean): void {
    this.congestion.push(`${isCongested ? "congested" : "eased"} ${node.name}`);
    this.#changed.emit("changed");
  }

  introduction(): Uint8Array {
    return Buffer.from(this.#name);
  }

  introduced(): void {}

  nodeDown(node: NodeId, lost: readonly Envelope[]): void {
    this.lost.push(...lost);
    this.#note(`down ${node.name}~${node.incarnation} lost ${lost.length}`);
  }

  nodeUp(node: NodeId): void {
    this.#note(`up ${node.name}~${node.incarnation}`);
  }

  refused(by: NodeId): void {
    this.#note(`refused by ${by.name}~${by.incarnation}`);
  }

  #note(event: string): void {
    this.events.push(event);
    this.#changed.emit("changed");
  }
}
