// All actors that are leaving one node: gives each departure its sink, its answers and its peers' words.
import type { ActorId, Location, MigrationNotice, NodeKey } from "#protocols/cluster/migration.ts";
import { Departure } from "./departure.ts";
import type { DepartureOrder, DepartureSink, DepartureStep } from "./departure-sink.ts";
import type { Hosting } from "./hosting.ts";
import type { ClaimTicket, MigrationPort } from "./migration-port.ts";
import { refusalOf } from "./not-migratable.ts";
import type { ClaimAnswer } from "./peer-message.ts";

export interface DepartureEffects<M, C> {
  nextProbe(): number;
  probe(aid: ActorId, probe: number): void;
  /** The actor is gone: its hosting ends, and what comes for it goes there. */
  left(hosting: Hosting<M, C>, next: Location): void;
  /** The commit is on its way: what this node itself sends to the actor follows it. */
  handedOver(aid: ActorId, next: Location): void;
  /** It was taken back: the hosting has a newer epoch, and the present one leads to it. */
  superseded(hosting: Hosting<M, C>, next: Location): void;
  /** It runs on here, perhaps at a newer epoch. */
  stays(hosting: Hosting<M, C>): void;
  fenced(hosting: Hosting<M, C>): void;
}

type DepartureNotice = Extract<
  MigrationNotice,
  { kind: "prepared" | "refused" | "aborted" | "committed" }
>;

export class DepartureDesk<M, C> {
  readonly #port: MigrationPort<M, C>;
  readonly #effects: DepartureEffects<M, C>;
  readonly #departures = new Map<number, Departure<M, C>>();
  readonly #probes = new Map<number, Departure<M, C>>();
  #number = 0;

  constructor(port: MigrationPort<M, C>, effects: DepartureEffects<M, C>) {
    this.#port = port;
    this.#effects = effects;
  }

  get count(): number {
    return this.#departures.size;
  }

  begin(hosting: Hosting<M, C>, target: NodeKey): undefined {
    this.#number += 1;
    const { aid, epoch, revision } = hosting;
    const name = { migration: this.#number, aid, epoch: epoch + 1 };
    const order = { ...name, self: this.#port.self, target, revision };
    const departure: Departure<M, C> = new Departure(order, this.#sinkOf(hosting, order));
    hosting.departure = departure;
    this.#departures.set(this.#number, departure);
    departure.start();
  }

  noticed(from: NodeKey, notice: DepartureNotice): void {
    const departure = this.#departures.get(notice.migration);
    if (departure?.order.target !== from) return;
    switch (notice.kind) {
      case "prepared":
        departure.prepared();
        break;
      case "refused":
        departure.refused(refusalOf(notice.reason, notice.detail));
        break;
      case "aborted":
        departure.aborted();
        break;
      case "committed":
        departure.committed();
        break;
      default:
        notice satisfies never;
    }
    this.#clear(departure);
  }

  /** An actor is known to have moved: whoever is about to leave may have sent to it. */
  learned(aid: ActorId): void {
    for (const departure of this.#departures.values()) departure.alsoProbe(aid);
  }

  targetOf(aid: ActorId): NodeKey | undefined {
    for (const { order } of this.#departures.values()) if (order.aid === aid) return order.target;
    return undefined;
  }

  probeIn(probe: number): void {
    const departure = this.#probes.get(probe);
    this.#probes.delete(probe);
    departure?.probeIn();
  }

  answered({ number, ask }: ClaimTicket, answer: ClaimAnswer): void {
    const departure = this.#departures.get(number);
    departure?.answered(ask, answer);
    if (departure) this.#clear(departure);
  }

  nodeRemoved(node: NodeKey): void {
    for (const departure of [...this.#departures.values()]) {
      if (departure.order.target === node) departure.targetRemoved();
      this.#clear(departure);
    }
  }

  tick(): void {
    for (const departure of [...this.#departures.values()]) {
      departure.tick();
      this.#clear(departure);
    }
  }

  #clear(departure: Departure<M, C>): void {
    if (departure.state !== "ended") return;
    this.#departures.delete(departure.order.migration);
    for (const [probe, owner] of this.#probes) {
      if (owner === departure) this.#probes.delete(probe);
    }
  }

  #sinkOf(hosting: Hosting<M, C>, order: DepartureOrder): DepartureSink<M, C> {
    const { aid, target } = order;
    const { migration, epoch } = order;
    const port = this.#port;
    const effects = this.#effects;
    const lose = (messages: readonly M[], reason: "node_down" | "unknown"): void => {
      for (const message of messages) port.lost(aid, message, reason);
    };
    return {
      now: () => port.now(),
      freeze: () => port.freeze(aid),
      snapshot: () => hosting.snapshot(),
      probe: (to) => this.#probe(order, to),
      transfer: (cargo) => port.send(target, cargo),
      abort: ({ reason }) => port.send(target, { kind: "abort", migration, aid, epoch, reason }),
      claim: (claim, ask) => port.claim(aid, claim, { side: "departure", number: migration, ask }),
      depart: () => effects.left(hosting, { node: target, epoch }),
      commit: (commit) => {
        port.send(target, commit);
        effects.handedOver(aid, { node: target, epoch });
      },
      stay: (stay) => this.#stay(hosting, stay),
      fenced: (postFreeze) => {
        effects.fenced(hosting);
        lose(postFreeze, "node_down");
        port.fence(aid);
      },
      unconfirmed: (postFreeze) => lose(postFreeze, "unknown"),
      settled: (outcome) => port.settled(aid, outcome),
      reached: (step: DepartureStep) => port.reached(aid, { side: "source", step }),
    };
  }

  #probe({ migration }: DepartureOrder, to: ActorId): void {
    const departure = this.#departures.get(migration);
    if (!departure) return;
    const probe = this.#effects.nextProbe();
    this.#probes.set(probe, departure);
    this.#effects.probe(to, probe);
  }

  #stay(
    hosting: Hosting<M, C>,
    stay: { epoch: number; revision: number | undefined; postFreeze: readonly M[] },
  ): void {
    hosting.departure = undefined;
    hosting.revision = stay.revision;
    const { self } = this.#port;
    if (stay.epoch !== hosting.epoch) {
      this.#effects.superseded(hosting, { node: self, epoch: stay.epoch });
      hosting.epoch = stay.epoch;
    }
    this.#port.unfreeze(hosting.aid, stay.postFreeze);
    this.#effects.stays(hosting);
  }
}
