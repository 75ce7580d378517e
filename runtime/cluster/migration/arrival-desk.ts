// All actors that are arriving at one node, at most one copy of each: a newer copy voids an older one.
import {
  type ActorId,
  type MigrationNotice,
  migrationLimits,
  type NodeKey,
} from "#protocols/cluster/migration.ts";
import { Arrival, type ArrivalSink, type Arrived } from "./arrival.ts";
import type { ClaimTicket, MigrationPort } from "./migration-port.ts";
import { type NotMigratable, notMigratable } from "./not-migratable.ts";
import type { ClaimAnswer, CommitCargo, StreamItem, TransferCargo } from "./peer-message.ts";

export interface ArrivalEffects<M, C> {
  /** At which epoch the actor runs here, if it does. */
  epochHere(aid: ActorId): number | undefined;
  run(arrived: Arrived<M, C>): void;
  /** It waited for a copy that will not run. */
  passOn(item: StreamItem<M>): void;
}

interface Place<M, C> {
  readonly number: number;
  readonly arrival: Arrival<M, C>;
}

export class ArrivalDesk<M, C> {
  readonly #port: MigrationPort<M, C>;
  readonly #effects: ArrivalEffects<M, C>;
  readonly #places = new Map<ActorId, Place<M, C>>();
  #number = 0;

  constructor(port: MigrationPort<M, C>, effects: ArrivalEffects<M, C>) {
    this.#port = port;
    this.#effects = effects;
  }

  get count(): number {
    return this.#places.size;
  }

  offered(from: NodeKey, transfer: TransferCargo<M, C>): void {
    const refusal = this.#refusalOf(transfer);
    const { migration, aid, epoch } = transfer;
    if (refusal) {
      this.#port.send(from, { kind: "refused", migration, aid, epoch, ...refusal });
      return;
    }
    this.#places.get(aid)?.arrival.replaced();
    this.#number += 1;
    const ends = { self: this.#port.self, source: from };
    const sink = this.#sinkOf(transfer, { number: this.#number, source: from });
    const arrival = new Arrival(ends, transfer, sink);
    this.#places.set(aid, { number: this.#number, arrival });
    arrival.start();
  }

  committed(from: NodeKey, commit: CommitCargo<M>): void {
    this.#of(from, commit)?.commit(commit);
  }

  /** A copy that is not here any more is dropped already: the source must hear it all the same. */
  aborted(from: NodeKey, abort: Extract<MigrationNotice, { kind: "abort" }>): void {
    const arrival = this.#of(from, abort);
    const { migration, aid, epoch } = abort;
    if (arrival) arrival.abort();
    else this.#port.send(from, { kind: "aborted", migration, aid, epoch });
  }

  severed(peer: NodeKey, node: NodeKey): void {
    for (const { arrival } of [...this.#places.values()]) {
      if (arrival.source === node) arrival.severed(peer);
    }
  }

  nodeRemoved(node: NodeKey): void {
    for (const { arrival } of [...this.#places.values()]) {
      if (arrival.source === node) arrival.sourceRemoved(this.#port.peers());
      else arrival.severed(node);
    }
  }

  answered({ number, ask }: ClaimTicket, answer: ClaimAnswer): void {
    for (const place of [...this.#places.values()]) {
      if (place.number === number) place.arrival.answered(ask, answer);
    }
  }

  offerEarly(item: StreamItem<M>): boolean {
    const arrival = this.#places.get(item.aid)?.arrival;
    if (arrival?.name.epoch !== item.epoch) return false;
    if (!arrival.keep(item) && item.body.kind === "message") {
      this.#port.lost(item.aid, item.body.message, "mailbox_full");
    }
    return true;
  }

  /** Messages that wait for its copy. */
  earlyCount(aid: ActorId): number {
    return this.#places.get(aid)?.arrival.earlyCount ?? 0;
  }

  tick(): void {
    for (const { arrival } of [...this.#places.values()]) arrival.tick();
  }

  #of(from: NodeKey, name: { migration: number; aid: ActorId }): Arrival<M, C> | undefined {
    const arrival = this.#places.get(name.aid)?.arrival;
    const isSame = arrival?.source === from && arrival.name.migration === name.migration;
    return isSame ? arrival : undefined;
  }

  #refusalOf(transfer: TransferCargo<M, C>): NotMigratable | undefined {
    const { aid, fence } = transfer;
    if (this.#effects.epochHere(aid) !== undefined) return notMigratable("target_is_here");
    const known = this.#places.get(aid)?.arrival;
    if (known && known.fence > fence) return notMigratable("directory_lost", "an older copy");
    if (!known && this.#places.size >= migrationLimits.arrivalsMax) {
      return notMigratable("arrivals_full");
    }
    return this.#port.refusalOf(transfer);
  }

  #sinkOf(
    { migration, aid, epoch }: TransferCargo<M, C>,
    { number, source }: { readonly number: number; readonly source: NodeKey },
  ): ArrivalSink<M, C> {
    const port = this.#port;
    return {
      now: () => port.now(),
      reached: (step) => port.reached(aid, { side: "target", step }),
      notify: (kind) => port.send(source, { kind, migration, aid, epoch }),
      sever: (peer) => port.send(peer, { kind: "sever", node: source }),
      claim: (claim, ask) => port.claim(aid, claim, { side: "arrival", number, ask }),
      run: (arrived) => {
        this.#places.delete(aid);
        this.#effects.run(arrived);
        if (arrived.by === "recovery") port.recovered(aid, source);
      },
      dropped: (early) => {
        this.#places.delete(aid);
        for (const item of early) this.#effects.passOn(item);
      },
    };
  }
}
