// How actors are asked to move: one by one, all that can away from a node, or some to the emptiest one.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type Address, formatNode, type NodeId } from "#protocols/address.ts";
import { type ActorId, actorIdOf, type NodeKey } from "#protocols/cluster/migration.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { notMigratable, notMigratableFailure } from "#runtime/cluster/migration/not-migratable.ts";
import type { Pending } from "#runtime/core/actor-class.ts";
import type { PendingAsk } from "#runtime/core/asks.ts";
import { Cell } from "#runtime/core/cell.ts";
import type { LocalActor } from "#runtime/core/cell-host.ts";
import type { DrainReport, Mover, MoveTerms, RebalanceTerms } from "#runtime/core/mover.ts";
import type { Sink } from "#runtime/core/ref.ts";
import type { RemoteWatcher } from "#runtime/core/watch.ts";
import type { CarriedMessage } from "./carried-message.ts";
import type { Engine } from "./engine.ts";
import { Evacuation } from "./evacuation.ts";
import type { MoveRequest } from "./move-requests.ts";
import { answerTo } from "./order-answers.ts";
import { Way } from "./way.ts";

/** Milliseconds that a move may take where nothing else is said. */
const withinDefault = 15_000;
/** Milliseconds that an actor of any node may take to end. */
const stopWithinMs = 30_000;

export class MoverDesk implements Mover {
  readonly #engine: Engine;
  readonly #evacuation: Evacuation;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#evacuation = new Evacuation(engine, (ref, terms) => this.move(ref, terms));
    engine.moveFor = (aid, request) => void this.#moveFor(aid, request);
  }

  wayTo(address: Pick<Address, "path" | "uid">): Sink | undefined {
    return this.#engine.residents.wayTo(address);
  }

  livesOn(watcher: LocalActor, ref: AnyRef): boolean {
    return this.#engine.watches.livesOn(watcher, ref);
  }

  ended(actor: LocalActor): void {
    if (actor instanceof Cell) this.#engine.ended(actor);
  }

  notify(watcher: RemoteWatcher, identity: Address, exit: Exit): void {
    this.#engine.watches.notify(watcher, identity, exit);
  }

  hold(node: NodeId, identity: Address): void {
    this.#engine.pauses.hold(node, identity);
  }

  goOn(node: NodeId, identity: Address): void {
    this.#engine.pauses.goOn(node, identity);
  }

  room(way: Sink, signal: AbortSignal | undefined): Promise<void> {
    if (!(way instanceof Way)) return Promise.resolve();
    const { gates, host } = this.#engine.ports.inside;
    const cell = this.#engine.residents.find(way.aid);
    return cell ? host.room(cell, signal) : gates.room(way.address, signal);
  }

  async move(ref: AnyRef, { to, within = withinDefault }: MoveTerms): Promise<void> {
    const aid = this.#identityOf(ref);
    const { asks, host } = this.#engine.ports.inside;
    const { address } = ref.$;
    return new Promise<void>((resolve, reject) => {
      const ask = asks.open(
        {
          ...{ to: { address }, method: "move", isReadonly: false, target: undefined, within },
          ...{ signal: undefined, asker: undefined, sender: undefined, isPassedOn: false },
          ...{ trace: undefined, chain: undefined },
        },
        () => resolve(),
        reject,
      );
      if (!ask.isOpen) return;
      const untilMs = host.clock.now() + within;
      if (this.#engine.residents.find(aid)) void this.#begin(aid, to, requestOf(ask));
      else this.#askElsewhere(aid, { to, untilMs, ask });
    });
  }

  hasMoved(identity: Address): boolean {
    return this.#engine.stops.isKnown(actorIdOf(identity));
  }

  stop(ref: AnyRef, pending: Pending): Promise<"ended" | "never_moved"> {
    return this.#engine.stops.stop({ ref, pending, within: stopWithinMs });
  }

  drain(within: number): Promise<DrainReport> {
    return this.#evacuation.drain(within);
  }

  rebalance(terms: RebalanceTerms): Promise<DrainReport> {
    return this.#evacuation.rebalance(terms);
  }

  #identityOf(ref: AnyRef): ActorId {
    const { address } = ref.$;
    const { inside, node } = this.#engine.ports;
    const isByPath = address.uid === 0 && address.node.name === node.name;
    const found = isByPath ? inside.host.actorOf(ref) : undefined;
    return actorIdOf(found?.address ?? address);
  }

  /** A word that follows the actor to where it is. */
  #askElsewhere(
    aid: ActorId,
    {
      ask,
      to,
      untilMs,
    }: { readonly ask: PendingAsk; readonly to: string; readonly untilMs: number },
  ): void {
    const { inside, node } = this.#engine.ports;
    const correlation = inside.asks.track(node, ask);
    this.#engine.send(aid, { kind: "move", from: node, correlation, to, untilMs });
  }

  /** Somebody of another node wants it, or of this one who did not know that it is here. */
  async #moveFor(
    aid: ActorId,
    { correlation, from, to, untilMs }: Extract<CarriedMessage, { kind: "move" }>,
  ): Promise<void> {
    const within = Math.max(0, untilMs - this.#engine.now());
    const { refuse, succeed } = answerTo(this.#engine.ports, { correlation, from });
    let isOver = false;
    const answer: MoveRequest = {
      succeed: () => {
        isOver = true;
        succeed();
      },
      refuse: (failure) => {
        isOver = true;
        refuse(failure);
      },
    };
    await this.#begin(aid, to, answer);
    // By then it may be back, and on its next move.
    this.#engine.later(within, () => {
      if (!isOver) this.#engine.ports.desk().withdraw(aid, "its time is over");
    });
  }

  async #begin(aid: ActorId, to: string, request: MoveRequest): Promise<void> {
    try {
      const cell = this.#engine.residents.find(aid);
      const refusal = cell && this.#engine.departing.refusalOf(cell);
      if (refusal) throw notMigratableFailure(aid, refusal);
      const target = await this.#targetOf(to);
      const desk = this.#engine.ports.desk();
      if (desk.inspect(aid) && desk.targetOf(aid)) {
        throw notMigratableFailure(aid, notMigratable("already_moving"));
      }
      this.#engine.requests.add(aid, request);
      const refused = desk.move(aid, target);
      if (refused) this.#engine.requests.settled(aid, refused);
      this.#engine.ports.stirred();
    } catch (error) {
      request.refuse(Failure.of(error));
    }
  }

  /** Its present life. Fails with `not_found` when there is none, as far as the directory knows. */
  async #targetOf(name: string): Promise<NodeKey> {
    const { neighbours, node, terms } = this.#engine.ports;
    if (name === node.name) return formatNode(node);
    const known = neighbours.named(name);
    if (known) return known;
    const entry = await terms.session().directory.get(`nodes/${name}`);
    const value = entry?.value;
    const incarnation =
      typeof value === "object" && value !== null && "incarnation" in value ? value.incarnation : 0;
    if (typeof incarnation !== "number" || incarnation === 0) {
      const text = `no living node is named ${name}; these are known: ${neighbours.living.join(", ") || "none"}`;
      throw new Failure("not_found", text);
    }
    neighbours.up({ name, incarnation });
    return formatNode({ name, incarnation });
  }
}

function requestOf(ask: PendingAsk): MoveRequest {
  return {
    succeed: () => ask.succeed(undefined),
    refuse: (failure) => ask.refuse(failure),
  };
}
