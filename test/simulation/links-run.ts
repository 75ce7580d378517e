// Three nodes that all talk to each other over real links while the network and the machines fail.
//
//   0 .......... 8 s .............. 13 s ....... 16 s ............... 18 s
//   | all faults  | calm, but talking | nothing new | one last message  | all is settled
//
// A process that learns that a peer gave it up ends and starts anew, as a real node does.
import { formatNode, type NodeId } from "#protocols/address.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import { withoutAmbient } from "#runtime/testkit/ambient-guard.ts";
import { Agenda } from "#runtime/testkit/simulation/agenda.ts";
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import { BuggifySwarm } from "#runtime/testkit/simulation/buggify-swarm.ts";
import { Chance } from "#runtime/testkit/simulation/chance.ts";
import { calmRates } from "#runtime/testkit/simulation/network-weather.ts";
import { RunTrace, storyOf } from "#runtime/testkit/simulation/run-trace.ts";
import { SimulatedNetwork } from "#runtime/testkit/simulation/simulated-network.ts";
import { SimulatedProcess, silenceMsMax } from "#runtime/testkit/simulation/simulated-process.ts";
import { FaultInjector } from "./fault-injector.ts";
import { LinkChecker } from "./link-checker.ts";
import { numberedCodec, numberedMessage, readNumbered } from "./numbered-message.ts";
import type { RunFailure, RunReport } from "./scenario.ts";
import { drawWeather, type Weather } from "./weather.ts";

const names = ["a", "b", "c"] as const;
const faultsEndMs = 8_000;
const talkEndsMs = 13_000;
/** From here on nobody should even need a new connection. */
const quietMs = 14_500;
const lastMessageMs = 16_000;
const endMs = 18_000;

export class LinksRun {
  readonly #seed: number;
  readonly #trace = new RunTrace();
  readonly #agenda: Agenda;
  readonly #weather: Weather;
  readonly #network: SimulatedNetwork;
  readonly #checker: LinkChecker;
  readonly #faults: FaultInjector;
  readonly #buggify: BuggifySwarm;
  readonly #lives: Chance;
  readonly #starts: Chance;
  readonly #talk: Chance;
  /** By name: the newest process. */
  readonly #processes = new Map<string, SimulatedProcess>();
  readonly #addresses = new Map<string, string>();
  readonly #incarnations = new Map<string, number>();
  readonly #counts = { resent: 0, repeatsDropped: 0, gapsDropped: 0, moves: 0 };
  #ports = 7_000;
  #sessions = 0;

  constructor(seed: number) {
    this.#seed = seed;
    const chance = Chance.ofSeed(seed);
    const agenda = new Agenda(chance.branch("order").random);
    const trace = this.#trace;
    this.#agenda = agenda;
    this.#weather = drawWeather(chance.branch("weather"));
    this.#network = new SimulatedNetwork(
      { agenda, trace, chance: chance.branch("network") },
      this.#weather,
    );
    this.#buggify = new BuggifySwarm(chance.branch("buggify"), "swarm");
    this.#lives = chance.branch("lives");
    this.#checker = new LinkChecker(this.#weather.mood);
    this.#starts = chance.branch("starts");
    this.#talk = chance.branch("talk");
    this.#faults = new FaultInjector({
      agenda,
      trace,
      chance: chance.branch("faults"),
      weather: this.#weather,
      network: this.#network,
      endMs: faultsEndMs,
      processes: () => [...this.#processes.values()],
      end: (process, how) => this.#end(process, how),
    });
  }

  async report(): Promise<RunReport> {
    const { mood, faults } = this.#weather;
    this.#mark(`${mood}: ${faults.join(" ")}`);
    const failure = await this.#failure();
    const { delivered, lost, downs, livingGivenUp, quarantines } = this.#checker;
    const told = { delivered, lost, downs, livingGivenUp, quarantines };
    return {
      seed: this.#seed,
      virtualMs: this.#agenda.nowMs,
      events: this.#agenda.events,
      digest: this.#trace.digest,
      facts: { ...told, ...this.#counts, ...this.#faults.counts },
      failure,
    };
  }

  async #failure(): Promise<RunFailure | undefined> {
    try {
      await withoutAmbient(() => this.#run());
      return undefined;
    } catch (error) {
      const statement = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { statement, story: storyOf(this.#trace) };
    }
  }

  #run(): void {
    for (const name of names) this.#addresses.set(name, this.#newAddress());
    for (const name of names) {
      this.#agenda.after(this.#starts.within({ min: 0, max: 200 }), () => this.#start(name));
      for (const to of names) if (to !== name) this.#talkLater(name, to);
    }
    this.#faults.begin();
    this.#auditLater();
    this.#agenda.runUntil(faultsEndMs);
    this.#network.weather = { ...this.#weather, ...calmRates };
    this.#agenda.runUntil(talkEndsMs);
    this.#checker.mood = "gentle";
    this.#agenda.runUntil(quietMs);
    const { dials } = this.#network;
    this.#agenda.runUntil(lastMessageMs);
    if (this.#network.dials > dials) throw broken("somebody dials although all links are good");
    for (const [from, to] of this.#pairs()) this.#say(from, { name: to.name, incarnation: 0 });
    this.#agenda.runUntil(endMs);
    this.#judge();
  }

  #judge(): void {
    for (const [from, to] of this.#pairs()) {
      if (this.#checker.isAnswered(from.node, to.node)) continue;
      const [sender, receiver] = [formatNode(from.node), formatNode(to.node)];
      throw broken(`${sender} cannot reach ${receiver} although all faults ended long ago`);
    }
    this.#checker.settled();
    for (const process of this.#processes.values()) this.#count(process);
    for (const { node, links } of this.#processes.values()) {
      if (!links.every((link) => link.isDrained))
        throw broken(`${formatNode(node)} is not drained`);
    }
  }

  #start(name: string): void {
    const incarnation = (this.#incarnations.get(name) ?? 0) + 1;
    if (incarnation > 1 && this.#starts.happens(this.#weather.moveRate)) {
      this.#addresses.set(name, this.#newAddress());
      this.#counts.moves++;
    }
    this.#incarnations.set(name, incarnation);
    const node: NodeId = { name, incarnation };
    const checker = this.#checker;
    this.#mark(`${formatNode(node)} starts`);
    checker.started(node);
    const chance = this.#lives.branch(formatNode(node));
    // Every process's clock begins somewhere else.
    const clockOffsetMs = chance.within({ min: 0, max: 1_000_000 });
    const process: SimulatedProcess = new SimulatedProcess({
      node,
      address: this.#addresses.get(name) ?? "",
      peers: new Map(this.#addresses),
      agenda: this.#agenda,
      chance,
      network: this.#network,
      codec: numberedCodec,
      newSession: () => ++this.#sessions,
      now: () => this.#agenda.nowMs + clockOffsetMs,
      buggify: (label, rate) => this.#agenda.nowMs < faultsEndMs && this.#buggify.ask(label, rate),
      events: {
        delivered: (from, envelope) => {
          this.#note(
            `${formatNode(node)} gets ${readNumbered(envelope).sequence} of ${formatNode(from)}`,
          );
          checker.arrived(node, from, envelope);
        },
        up: (peer) => {
          this.#mark(`${formatNode(node)} up ${formatNode(peer)}`);
          checker.up(node, peer);
        },
        down: (peer, lost) => {
          this.#mark(`${formatNode(node)} down ${formatNode(peer)}, ${lost.length} lost`);
          checker.down(node, peer, lost);
        },
        refused: (by) => {
          this.#mark(`${formatNode(node)} is refused by ${formatNode(by)}`);
          checker.refused(node, by);
          this.#agenda.after(0, () => this.#end(process, "crash"));
        },
        noted: (what) => this.#mark(`${formatNode(node)} ${what}`),
      },
    });
    this.#processes.set(name, process);
  }

  /** Ends the process; its successor starts some time later. */
  #end(process: SimulatedProcess, how: "crash" | "leave"): void {
    if (process.state === "gone" || this.#processes.get(process.name) !== process) return;
    if (how === "leave" && process.state === "running") this.#leave(process);
    else this.#kill(process);
  }

  #leave(process: SimulatedProcess): void {
    const { node } = process;
    this.#mark(`${formatNode(node)} retires`);
    process.retire();
    const later = (waitMs: number, act: () => void): void =>
      this.#agenda.after(waitMs, () => {
        if (process.state !== "gone") act();
      });
    later(this.#starts.within({ min: 0, max: 300 }), () => {
      this.#mark(`${formatNode(node)} leaves`);
      this.#checker.ended(node);
      process.leave();
      later(linkLimits.farewellMsMax, () => this.#kill(process));
    });
  }

  #kill(process: SimulatedProcess): void {
    const { node } = process;
    this.#mark(`${formatNode(node)} ends`);
    this.#count(process);
    this.#checker.ended(node);
    process.kill();
    this.#agenda.after(this.#starts.within(this.#weather.absenceMs), () => this.#start(node.name));
  }

  #talkLater(from: string, to: string): void {
    this.#agenda.after(this.#talk.within(this.#weather.burstEveryMs), () => {
      if (this.#agenda.nowMs >= talkEndsMs) return;
      const process = this.#processes.get(from);
      if (process?.state === "running") this.#burst(process, to);
      this.#talkLater(from, to);
    });
  }

  #burst(from: SimulatedProcess, name: string): void {
    const messages = this.#talk.count(this.#weather.burstMessages);
    const incarnation = this.#wanted(from.node, name);
    for (let index = 0; index < messages; index++) this.#say(from, { name, incarnation });
  }

  /** Whom a burst is meant for: whoever bears the name, who is up, or any that there ever was. */
  #wanted(from: NodeId, name: string): number {
    const newest = this.#incarnations.get(name) ?? 0;
    const any = newest === 0 ? 0 : this.#talk.count({ min: 1, max: newest });
    return this.#talk.pick([0, 0, 0, this.#checker.upAt(from, name), any]) ?? 0;
  }

  #say(from: SimulatedProcess, to: NodeId): void {
    const sequence = this.#checker.nextSequence(from.node, to.name);
    const message = { by: from.node.incarnation, to: to.name, sequence };
    const size = this.#talk.happens(this.#weather.payloadRate) ? "with-payload" : "plain";
    const outcome = from.send(to, numberedMessage(message, size));
    this.#note(`${formatNode(from.node)} to ${formatNode(to)}: ${sequence} ${size}, ${outcome}`);
    this.#checker.sent(from.node, to, outcome);
  }

  /** Looks again and again whether who stays silent is given up in time. */
  #auditLater(): void {
    this.#agenda.after(50, () => {
      for (const process of this.#processes.values()) {
        if (process.state !== "running") continue;
        for (const name of names) {
          if (process.silenceMs(name) > silenceMsMax) this.#checker.silent(process.node, name);
        }
      }
      this.#auditLater();
    });
  }

  #pairs(): readonly (readonly [SimulatedProcess, SimulatedProcess])[] {
    const all = [...this.#processes.values()];
    return all.flatMap((from) => all.filter((to) => to !== from).map((to) => [from, to] as const));
  }

  #count({ node, links }: SimulatedProcess): void {
    for (const { statistics } of links) {
      this.#counts.resent += statistics.messagesResent;
      this.#counts.repeatsDropped += statistics.repeatsDropped;
      this.#counts.gapsDropped += statistics.gapsDropped;
      if (statistics.batchesRefused > 0) throw broken(`${formatNode(node)} could not read a batch`);
    }
  }

  #newAddress(): string {
    return `tcp://127.0.0.1:${this.#ports++}`;
  }

  #note(what: string): void {
    this.#trace.note(this.#agenda.nowMs, what);
  }

  #mark(what: string): void {
    this.#trace.mark(this.#agenda.nowMs, what);
  }
}
