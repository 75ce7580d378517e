// Lets the actors of one node move to other nodes and come from there: the machines of moving, joined to
// the engine, the links, the membership and the directory.
//
//   system ──► switch ──► links          what is for an actor that moves:
//     ▲          │ ▲                       switch ──► desk ──► lines ──► links
//     └─ engine ─┴─┴── desk ◄── directory  desk ──► engine, when the actor lives here
//
// Who assembles a node gives the system `transport` to send by, and calls `serve` once.
import { formatNode, type NodeId } from "#protocols/address.ts";
import { migrationLimits, type NodeKey } from "#protocols/cluster/migration.ts";
import { type Codec, createCodec } from "#protocols/codec.ts";
import { Failure } from "#protocols/failure.ts";
import { MigrationDesk } from "#runtime/cluster/migration/migration-desk.ts";
import type { BoundState } from "#runtime/core/bounds.ts";
import type { Mover } from "#runtime/core/mover.ts";
import type { Transport } from "#runtime/core/ports.ts";
import { ActorRef } from "#runtime/core/ref.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import type { Cargo } from "./cargo.ts";
import type { CarriedMessage } from "./carried-message.ts";
import { Engine } from "./engine.ts";
import { MoverDesk } from "./mover-desk.ts";
import { MovingLines } from "./moving-lines.ts";
import { MovingSwitch } from "./moving-switch.ts";
import type { MovingTerms } from "./moving-terms.ts";
import { Neighbours } from "./neighbours.ts";

export class MovingActors {
  readonly transport: Transport;
  readonly #node: NodeId;
  readonly #switch: MovingSwitch;
  readonly #neighbours: Neighbours;
  #engine: Engine | undefined;
  #desk: MigrationDesk<CarriedMessage, Cargo> | undefined;
  #lines: MovingLines | undefined;
  #isTicking = false;

  constructor(node: NodeId, outer: Transport) {
    this.#node = node;
    this.#neighbours = new Neighbours();
    this.#switch = new MovingSwitch(node, outer, {
      bounds: () => this.#bounds(),
      concerns: (uid) => this.#desk?.concerns(uid) ?? false,
      hasWays: () => this.#engine?.residents.hasWays ?? false,
      send: (to, envelope) => this.#engine?.crossings.sent(to, envelope),
      arrived: (from, envelope) => this.#engine?.crossings.arrived(from, envelope) ?? false,
      ended: (from, envelope) => this.#engine?.crossings.endedElsewhere(from, envelope) ?? false,
      searched: (to, envelope, why) => this.#engine?.crossings.searched(to, envelope, why) ?? false,
      said: (from, tell) => this.#lines?.received(from, tell),
      nodeUp: (up) => this.#neighbours.up(up),
      nodeDown: (down, lost) => this.#removed(formatNode(down), lost),
    });
    this.transport = this.#switch;
  }

  /** Lets the system's actors move. Once, by whoever assembles the node, before actors are spawned. */
  serve(system: ActorSystem, terms: MovingTerms): MoverDesk {
    const codec = createCodec({ refs: system, refClass: ActorRef });
    let made: MoverDesk | undefined;
    system.useMover((inside) => {
      const engine = new Engine({
        ...{ node: this.#node, codec, inside, neighbours: this.#neighbours, terms },
        ...{ switch: this.#switch, desk: () => this.#theDesk, lines: () => this.#theLines },
        removed: (node) => this.#removed(node, []),
        stirred: () => this.#stir(system),
      });
      this.#engine = engine;
      this.#lines = this.#makeLines(system, codec, engine);
      this.#desk = new MigrationDesk(engine.port);
      made = new MoverDesk(engine);
      return made satisfies Mover;
    });
    if (made) return made;
    throw new Failure("internal", "a system makes its mover at once");
  }

  get #theDesk(): MigrationDesk<CarriedMessage, Cargo> {
    if (this.#desk) return this.#desk;
    throw new Failure("unavailable", "actors cannot move before the node serves them");
  }

  get #theLines(): MovingLines {
    if (this.#lines) return this.#lines;
    throw new Failure("unavailable", "actors cannot move before the node serves them");
  }

  #makeLines(system: ActorSystem, codec: Codec, engine: Engine): MovingLines {
    return new MovingLines({
      ...{ node: this.#node, codec },
      now: () => system.clock.now(),
      later: (ms, act) => system.timers.set(system.clock.now() + ms, act),
      send: (to, envelope) => this.#switch.sendOut(to, envelope),
      onLink: (aid, message, to) => engine.onLink(aid, message, to),
      received: (from, word) => {
        this.#theDesk.received(from, word);
        this.#stir(system);
      },
      aside: (from, about, fields) => engine.aside(from, about, fields),
      undelivered: (to, item) => {
        if (!this.#neighbours.isRemoved(to)) this.#removed(to, []);
        this.#theDesk.undelivered(to, item);
      },
      crowded: (aid, message) => engine.pauses.crowded(aid, message),
      failed: (aid, message, why) => engine.failed(aid, message, why),
      log: (text, { code, detail }) =>
        system.log.write("warn", "/system/moving", `${text}: ${detail}`, { code }),
    });
  }

  #bounds(): readonly BoundState[] {
    const counts = this.#desk?.counts;
    if (!counts || !this.#engine) return [];
    const messages = this.#lines?.waitingHighest ?? 0;
    return this.#engine.bounds.states({ ...counts, messages });
  }

  /** First the machines hear of it, then of what was under way. */
  #removed(node: NodeKey, lost: Parameters<MovingLines["lost"]>[1]): void {
    if (!this.#engine || !this.#desk) return;
    if (this.#neighbours.remove(node, this.#engine.now())) {
      this.#desk.nodeRemoved(node);
      this.#engine.nodeRemoved(node);
    }
    this.#lines?.lost(node, lost);
  }

  /** As long as a move is under way, or a place is not sure, time passes for the machines. */
  #stir(system: ActorSystem): void {
    if (this.#isTicking || !this.#isBusy) return;
    this.#isTicking = true;
    system.timers.set(system.clock.now() + tickMs, () => {
      this.#isTicking = false;
      this.#desk?.tick();
      this.#stir(system);
    });
  }

  get #isBusy(): boolean {
    const counts = this.#desk?.counts;
    if (!counts) return false;
    const isCrowded = counts.forwards > migrationLimits.forwardsMax / 2;
    return counts.departures + counts.arrivals + counts.unsettled > 0 || isCrowded;
  }
}

/** Milliseconds from one look at what is overdue to the next. */
const tickMs = 50;
