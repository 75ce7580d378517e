// An actor on the node that runs it, once it has anything to do with moving: its epoch, its gate, and
// its departure while it is about to leave.
import { type ActorId, migrationLimits, type NodeKey } from "#protocols/cluster/migration.ts";
import type { Gate, GateParts, GateSink } from "./arrival-gate.ts";
import type { Departure } from "./departure.ts";
import type { GateSnapshot, LossReason, StreamItem } from "./peer-message.ts";

export type MakeGate<M> = (parts: GateParts<M>) => Gate<M>;

export interface HostingPorts<M> {
  readonly makeGate: MakeGate<M>;
  isRemoved(node: NodeKey): boolean;
  acknowledge(origin: NodeKey, probe: number): void;
  deliver(aid: ActorId, message: M): void;
  lost(aid: ActorId, message: M, reason: LossReason): void;
}

export interface Residency<M> {
  readonly aid: ActorId;
  readonly epoch: number;
  /** The directory's revision by which it is here; undefined where it has no entry yet. */
  readonly revision: number | undefined;
  readonly gate?: GateSnapshot<M>;
}

export class Hosting<M, C> {
  readonly aid: ActorId;
  epoch: number;
  revision: number | undefined;
  departure: Departure<M, C> | undefined;
  readonly #ports: HostingPorts<M>;
  readonly #gate: Gate<M>;
  #early: StreamItem<M>[] = [];

  constructor({ aid, epoch, revision, gate }: Residency<M>, ports: HostingPorts<M>) {
    this.aid = aid;
    this.epoch = epoch;
    this.revision = revision;
    this.#ports = ports;
    const parts = { sink: this.#sink(), isRemoved: (node: NodeKey) => ports.isRemoved(node) };
    this.#gate = ports.makeGate(gate ? { ...parts, snapshot: gate } : parts);
  }

  /**
   * An item for an epoch that is still to come: the directory names this node again, and its answer is
   * under way. False: it is not for this actor here.
   */
  keepEarly(item: StreamItem<M>): boolean {
    if (this.departure === undefined || item.epoch <= this.epoch) return false;
    const { body } = item;
    if (body.kind !== "message" || this.#early.length < migrationLimits.waitingMax) {
      this.#early.push(item);
    } else this.#ports.lost(this.aid, body.message, "mailbox_full");
    return true;
  }

  takeEarly(): readonly StreamItem<M>[] {
    const early = this.#early;
    this.#early = [];
    return early;
  }

  get heldCount(): number {
    return this.#gate.heldCount;
  }

  /** Messages that the actor has not been given yet. */
  get waitingCount(): number {
    return this.#gate.heldCount + this.#early.length + (this.departure?.keptCount ?? 0);
  }

  offer(item: StreamItem<M>): void {
    this.#gate.offer(item);
  }

  originRemoved(node: NodeKey): void {
    this.#gate.originRemoved(node);
  }

  pathsLost(): void {
    this.#gate.pathsLost();
  }

  snapshot(): GateSnapshot<M> {
    return this.#gate.snapshot();
  }

  #sink(): GateSink<M> {
    const { aid } = this;
    const ports = this.#ports;
    return {
      accept: (message) => this.#accept(message),
      acknowledge: (origin, probe) => ports.acknowledge(origin, probe),
      lost: ({ body }, reason) => {
        if (body.kind === "message") ports.lost(aid, body.message, reason);
      },
    };
  }

  #accept(message: M): void {
    const { departure } = this;
    if (departure?.isFrozen !== true) this.#ports.deliver(this.aid, message);
    else if (!departure.keep(message)) this.#ports.lost(this.aid, message, "mailbox_full");
  }
}
