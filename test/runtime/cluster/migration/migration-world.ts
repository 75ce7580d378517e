// A cluster of puppets around the real machines of moving: nodes, reliable links in order, a directory
// whose answers are late or lost, handlers that take their time, and deaths. One seed, one run.
import { type ActorId, migrationLimits, type NodeKey } from "#protocols/cluster/migration.ts";
import { MigrationDesk } from "#runtime/cluster/migration/migration-desk.ts";
import type { MigrationPort } from "#runtime/cluster/migration/migration-port.ts";
import { notMigratable } from "#runtime/cluster/migration/not-migratable.ts";
import { randomIndex, SeededRandom, seedFrom } from "#runtime/core/random.ts";
import { type ActorCargo, type Numbered, PuppetActor, PuppetNode } from "./migration-actors.ts";
import { MigrationLedger } from "./migration-ledger.ts";
import { PuppetDeaths } from "./puppet-deaths.ts";
import { PuppetDirectory } from "./puppet-directory.ts";
import { carried, PuppetLinks, type Wire } from "./puppet-links.ts";
import { properPartsFor, type WorldTerms } from "./world-terms.ts";

type Port = MigrationPort<Numbered, ActorCargo>;

export class MigrationWorld {
  readonly ledger = new MigrationLedger();
  readonly nodes: PuppetNode[];
  readonly actors: ActorId[] = [];
  readonly directory: PuppetDirectory;
  readonly counts = { moved: 0, stayed: 0, recovered: 0, deaths: 0, items: 0, fenced: 0 };
  readonly #terms: WorldTerms;
  readonly #random: SeededRandom;
  readonly #links: PuppetLinks;
  readonly #deaths: PuppetDeaths;
  readonly #lookUps: { node: PuppetNode; aid: ActorId }[] = [];
  readonly #slowness: number;
  #nowMs = 0;

  constructor(seed: number, terms: WorldTerms) {
    this.#terms = terms;
    this.#random = new SeededRandom(seedFrom(seed));
    this.#slowness = randomIndex(this.#random, 1_000_000);
    this.#links = new PuppetLinks(this.#slowness);
    this.#deaths = new PuppetDeaths(this, this.#links);
    this.directory = new PuppetDirectory(terms.broken?.directory ?? "fenced");
    this.nodes = Array.from(
      { length: terms.nodes },
      (_, index) =>
        new PuppetNode(`n${index}~1`, (node) => {
          const parts = terms.broken?.parts?.(node) ?? properPartsFor(seed);
          return new MigrationDesk(this.#portOf(node), parts);
        }),
    );
    for (let uid = 1; uid <= terms.actors; uid++) {
      const node = this.pick(this.nodes);
      const aid = `${node.key}#${uid}`;
      this.actors.push(aid);
      node.actors.set(aid, new PuppetActor(aid, { mailbox: [], sent: new Map() }));
    }
  }

  chance(): number {
    return this.#random.next();
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[randomIndex(this.#random, from.length)];
    if (picked === undefined) throw new Error("there is nothing to pick from");
    return picked;
  }

  node(key: NodeKey): PuppetNode | undefined {
    return this.nodes.find((node) => node.key === key);
  }

  get living(): readonly PuppetNode[] {
    return this.nodes.filter(({ state }) => state === "up");
  }

  // ---- steps that the run chooses from

  send(node: PuppetNode, actor: PuppetActor, to: ActorId): void {
    const number = actor.sent.get(to) ?? 0;
    actor.sent.set(to, number + 1);
    actor.targets.add(to);
    const message: Numbered = { from: actor.aid, to, number, where: node.key };
    this.ledger.sent(message);
    const place = this.directory.get(to);
    if (!node.addressed.has(to) && place && this.chance() < 0.4) node.desk.begin(to, place);
    node.addressed.add(to);
    node.desk.send(to, message);
  }

  /** A handler begins or ends; a freeze takes hold between two. */
  turn(node: PuppetNode, actor: PuppetActor): boolean {
    if (actor.state === "frozen") return false;
    if (actor.state === "in-handler") {
      actor.state = "running";
      if (actor.isFreezeAsked) this.#freezeNow(node, actor);
      return true;
    }
    const message = actor.mailbox.shift();
    if (!message) return false;
    this.ledger.handled(message);
    if (this.chance() < 0.2) actor.state = "in-handler";
    return true;
  }

  move(node: PuppetNode, actor: PuppetActor, target: PuppetNode): void {
    node.desk.move(actor.aid, target.key);
  }

  deliverOne(): boolean {
    const key = this.#links.busy.length > 0 ? this.pick(this.#links.busy) : undefined;
    if (key === undefined) return false;
    const [from = "", to = ""] = key.split(">");
    const node = this.node(to);
    if (this.#links.isSlow(key) && this.chance() < 0.9) return true;
    // What a dying process has taken is lost in it; what it has not taken is given back later.
    if (node?.state !== "up" && this.chance() < 0.7) return false;
    const message = this.#links.take(key);
    if (!message) return false;
    if (node?.state !== "up") {
      for (const each of carried(message)) this.ledger.excuseOne(each);
      return true;
    }
    for (const each of carried(message)) each.where = to;
    node.desk.received(from, message);
    return true;
  }

  directoryStep(): boolean {
    const { calls } = this.directory;
    if (calls.length === 0) return false;
    this.directory.advance(this.pick(calls), this.chance());
    return true;
  }

  /** Every question to the directory gets its answer, or waits on. */
  lookUpAll(): boolean {
    let did = false;
    for (let left = this.#lookUps.length; left > 0; left--) did = this.lookUpStep() || did;
    return did;
  }

  lookUpStep(): boolean {
    const lookUp = this.#lookUps.shift();
    if (!lookUp) return false;
    const { node, aid } = lookUp;
    if (!node.isRunning) return true;
    const place = this.directory.get(aid);
    if (!place || !node.removed.has(place.node)) node.desk.located(aid, place);
    else if (this.#mayBeRecovered() && !this.#isHasty()) {
      this.#lookUps.push(lookUp);
      return false;
    } else {
      // Who would still claim it finds nothing to replace: from now on nobody can have it.
      this.directory.sweep(aid);
      node.desk.located(aid, undefined);
    }
    return node.state === "up";
  }

  removalStep(): boolean {
    return this.#deaths.spread();
  }

  kill(node: PuppetNode): void {
    this.#deaths.kill(node);
  }

  cutOff(node: PuppetNode): void {
    this.#deaths.cutOff(node);
  }

  /** Time passes: what is overdue is so now. Never while news of a death is under way. */
  pass(ms: number): void {
    if (this.#deaths.isNewsUnderWay) return;
    this.#nowMs += ms;
    for (const node of this.nodes) if (node.isRunning) node.desk.tick();
  }

  homeOf(aid: ActorId): PuppetNode | undefined {
    return this.nodes.find((node) => node.isRunning && node.actors.get(aid)?.isActive);
  }

  /** Whether news of a death spread soon. */
  get isQuick(): boolean {
    return this.#slowness % 3 !== 0;
  }

  /** How often actors send to themselves. */
  get selfishness(): number {
    return this.#slowness % 5 === 0 ? 0.8 : 0.15;
  }

  get isIdle(): boolean {
    return (
      this.#links.busy.length + this.directory.calls.length === 0 && !this.#deaths.isNewsUnderWay
    );
  }

  // ---- the ports of one node

  #portOf(node: PuppetNode): Port {
    const whileRunning = (act: () => void): void => {
      if (node.isRunning) act();
    };
    return {
      self: node.key,
      now: () => this.#nowMs,
      isRemoved: (other) => node.removed.has(other),
      peers: () =>
        this.nodes
          .filter((other) => other !== node && !node.removed.has(other.key))
          .map(({ key }) => key),
      sever: (other) => whileRunning(() => this.#deaths.hear(node, other)),
      send: (to, message) => whileRunning(() => this.#sendOver(node, to, message)),
      claim: (aid, claim, ticket) =>
        whileRunning(() => this.directory.ask(node, aid, claim, ticket)),
      resolve: (aid) => whileRunning(() => this.#lookUps.push({ node, aid })),
      livesHere: (aid) => node.actors.has(aid),
      deliver: (aid, message) => whileRunning(() => this.#deliver(node, aid, message)),
      freeze: (aid) => whileRunning(() => this.#freeze(node, aid)),
      unfreeze: (aid, postFreeze) => whileRunning(() => this.#unfreeze(node, aid, postFreeze)),
      ...{ leave: (aid) => whileRunning(() => node.actors.delete(aid)), crowded: () => {} },
      fence: (aid) => whileRunning(() => this.#fence(node, aid)),
      refusalOf: () => (this.chance() < 0.03 ? notMigratable("protocol_unknown") : undefined),
      install: ({ aid, cargo, postFreeze }) =>
        whileRunning(() => {
          const actor = new PuppetActor(aid, cargo);
          actor.mailbox.push(...postFreeze);
          node.actors.set(aid, actor);
          this.ledger.activated(aid, this.nodes);
        }),
      lost: (_, message, reason) => whileRunning(() => this.ledger.reported(message, reason)),
      recovered: () => {
        this.counts.recovered += 1;
      },
      settled: (_, outcome) => {
        if (outcome === "moved") this.counts.moved += 1;
        else this.counts.stayed += 1;
      },
      reached: (aid, at) => this.#terms.reached?.({ node, aid, ...at }),
    };
  }

  #deliver(node: PuppetNode, aid: ActorId, message: Numbered): void {
    message.where = node.key;
    const actor = node.actors.get(aid);
    if (actor) actor.mailbox.push(message);
    else this.ledger.fail(`astray: ${aid} does not live on ${node.key}`);
  }

  #freeze(node: PuppetNode, aid: ActorId): void {
    const actor = node.actors.get(aid);
    if (!actor) return;
    if (this.chance() < 0.02) {
      node.desk.notFreezable(aid, notMigratable("promise_not_piped"));
    } else if (actor.state === "in-handler") actor.isFreezeAsked = true;
    else this.#freezeNow(node, actor);
  }

  #freezeNow(node: PuppetNode, actor: PuppetActor): void {
    actor.isFreezeAsked = false;
    actor.state = "frozen";
    const { aid } = actor;
    const targets = this.#terms.broken?.targets?.(aid, [...actor.targets]) ?? actor.targets;
    node.desk.frozen(aid, actor.pack(), targets);
  }

  #unfreeze(node: PuppetNode, aid: ActorId, postFreeze: readonly Numbered[]): void {
    const actor = node.actors.get(aid);
    if (!actor) return;
    actor.isFreezeAsked = false;
    if (actor.state === "frozen") actor.state = "running";
    actor.mailbox.push(...postFreeze);
    this.ledger.activated(aid, this.nodes);
  }

  #fence(node: PuppetNode, aid: ActorId): void {
    this.counts.fenced += 1;
    for (const message of node.actors.get(aid)?.mailbox ?? []) this.ledger.excuseOne(message);
    node.actors.delete(aid);
  }

  #sendOver(node: PuppetNode, to: NodeKey, message: Wire): void {
    const peer = this.node(to);
    const wires = (peer && this.#terms.broken?.send?.(node, peer, message)) ?? [message];
    for (const wire of wires) {
      const isOpen = node.state === "up" && !node.removed.has(to);
      if (wire.kind === "item") this.counts.items += 1;
      if (isOpen) this.#links.put(`${node.key}>${to}`, wire);
      else for (const each of carried(wire)) this.ledger.excuseOne(each);
    }
  }

  #isHasty(): boolean {
    return this.#terms.sweeper === "hasty" && this.chance() < 0.02;
  }

  #mayBeRecovered(): boolean {
    return this.living.some(({ desk }) => desk.counts.arrivals + desk.counts.departures > 0);
  }
}

/** Long enough for everything that waits for a time. */
export const longMs = Math.max(migrationLimits.settleMs, migrationLimits.prepareMsMax) + 1;
