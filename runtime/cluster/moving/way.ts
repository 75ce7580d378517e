// The way of messages of this node to an actor that has moved: what refs hold in place of an actor, and
// what stands in for one that is frozen or has left. All of them go through the machines of moving,
// which keep each sender's order over all of the actor's places.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Address } from "#protocols/address.ts";
import type { ActorId } from "#protocols/cluster/migration.ts";
import { type Exit, targetOf } from "#protocols/envelope.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { Selector } from "#protocols/selector.ts";
import type { Origin } from "#runtime/core/origin.ts";
import type { Absence } from "#runtime/core/travel.ts";
import type { CarriedMessage } from "./carried-message.ts";

export interface WayPorts {
  send(aid: ActorId, message: CarriedMessage): void;
  /** Somebody has sent to it: he pauses, if its senders are to. */
  passed(identity: Address): void;
}

export class Way implements Absence {
  readonly aid: ActorId;
  readonly address: Address;
  readonly protocol: Protocol<unknown>;
  readonly #ports: WayPorts;

  constructor(
    who: { readonly aid: ActorId; readonly address: Address; readonly protocol: Protocol<unknown> },
    ports: WayPorts,
  ) {
    this.aid = who.aid;
    this.address = who.address;
    this.protocol = who.protocol;
    this.#ports = ports;
  }

  accept(selector: Selector, payload: unknown, origin: Origin | undefined): void {
    this.#ports.send(this.aid, { kind: "own", selector, payload, origin });
    this.#ports.passed(this.address);
  }

  /** It was stopped here while it was about to leave. */
  stop(): void {
    this.#ports.send(this.aid, { kind: "stop" });
  }

  heardTerminated(ref: AnyRef, exit: Exit): void {
    const { address } = ref.$;
    this.#ports.send(this.aid, { kind: "ended", born: address.node, to: targetOf(address), exit });
  }
}
