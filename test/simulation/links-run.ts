// One run of nodes that all talk to each other over real links while the network and the machines fail.
//
//   0 ──────────── until ──────────────── + 50 % ─────── + 65 % ─── + 80 % ────────── + settle
//   | faults and bursts | calm, but talking | nothing new | no dials | one last message | all is settled
//
// A process that learns that a peer gave it up ends and starts anew, as a real node does.
import { formatNode, type NodeId } from "#protocols/address.ts";
import { Agenda } from "#runtime/testkit/simulation/agenda.ts";
import { BrokenPromise, broken } from "#runtime/testkit/simulation/broken-promise.ts";
import { BuggifySwarm } from "#runtime/testkit/simulation/buggify-swarm.ts";
import { Chance } from "#runtime/testkit/simulation/chance.ts";
import type { Violation } from "#runtime/testkit/simulation/checker.ts";
import { FaultDriver } from "#runtime/testkit/simulation/fault-driver.ts";
import { Operations } from "#runtime/testkit/simulation/operations.ts";
import type { RunOutcome } from "#runtime/testkit/simulation/run-outcome.ts";
import type { RunPlan, Step } from "#runtime/testkit/simulation/run-plan.ts";
import { RunTrace } from "#runtime/testkit/simulation/run-trace.ts";
import { SimulatedNetwork } from "#runtime/testkit/simulation/simulated-network.ts";
import {
  type SimulatedProcess,
  silenceMsMax,
} from "#runtime/testkit/simulation/simulated-process.ts";
import { type Burst, burstOf, drawBursts, type Whom } from "./link-bursts.ts";
import { LinkChecker } from "./link-checker.ts";
import { LinkLives } from "./link-lives.ts";
import { numberedMessage } from "./numbered-message.ts";
import { moodOf, type Weather, weatherOf } from "./weather.ts";

/** Parts of the time to settle: see above. */
const talkShare = 0.5;
const quietShare = 0.65;
const lastMessageShare = 0.8;

export class LinksRun {
  readonly #plan: RunPlan;
  readonly #chance: Chance;
  readonly #trace = new RunTrace();
  readonly #agenda: Agenda;
  readonly #weather: Weather;
  readonly #network: SimulatedNetwork;
  readonly #operations: Operations;
  readonly #checker: LinkChecker;
  readonly #faults: FaultDriver;
  readonly #buggify: BuggifySwarm;
  readonly #lives: LinkLives;

  constructor(plan: RunPlan) {
    this.#plan = plan;
    const chance = Chance.ofSeed(plan.seed);
    this.#chance = chance;
    const agenda = new Agenda(chance.branch("order").random);
    const trace = this.#trace;
    this.#agenda = agenda;
    this.#weather = weatherOf(plan.seed, plan.network);
    const { network } = this.#weather;
    this.#network = new SimulatedNetwork(
      { agenda, trace, chance: chance.branch("network") },
      network,
    );
    this.#buggify = new BuggifySwarm(chance.branch("buggify"), plan.buggify);
    this.#checker = new LinkChecker(moodOf(this.#weather, plan.faults));
    this.#lives = new LinkLives({
      nodes: plan.nodes,
      agenda,
      trace,
      chance: chance.branch("lives"),
      weather: this.#weather,
      network: this.#network,
      checker: this.#checker,
      buggify: (label, rate) => agenda.nowMs < plan.untilMs && this.#buggify.ask(label, rate),
    });
    this.#operations = new Operations((name, fault) => {
      if (this.#lives.crash(name, fault.downMs)) this.#faults.count(fault);
    });
    this.#faults = new FaultDriver({
      agenda,
      trace,
      network: this.#network,
      hands: {
        happen: (fault) => this.#lives.happen(fault),
        awaitOperation: (fault) => this.#operations.await(fault),
      },
      happened: () => {},
    });
  }

  outcome(): RunOutcome {
    const violation = this.#violation();
    const { nowMs, events, checksum } = this.#agenda;
    this.#trace.note(nowMs, `${events} events, order ${checksum}`);
    const { delivered, lost, downs, livingGivenUp, quarantines } = this.#checker;
    const told = { delivered, lost, downs, livingGivenUp, quarantines, ...this.#lives.counts };
    const whims = [...this.#buggify.hits].map(
      ([label, hits]) => [`buggify ${label}`, hits] as const,
    );
    const facts = [...Object.entries({ ...told, ...this.#faults.counts }), ...whims];
    return {
      violation,
      virtualMs: nowMs,
      events,
      operations: this.#operations.count,
      digest: this.#trace.digest,
      facts: Object.fromEntries(facts.filter(([, times]) => times > 0)),
      whims: [...this.#buggify.hits.keys()].sort(),
      trace: this.#trace,
    };
  }

  #violation(): Violation | undefined {
    try {
      this.#run();
      return undefined;
    } catch (error) {
      if (error instanceof BrokenPromise) {
        return { checker: "links", statement: error.message, events: [] };
      }
      const statement = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { checker: "no uncaught error", statement, events: [] };
    }
  }

  #run(): void {
    const { untilMs, settleMs, nodes, faults, steps } = this.#plan;
    const weather = this.#weather;
    const talkEndsMs = untilMs + settleMs * talkShare;
    const chance = this.#chance.branch("talk on");
    const ground = { chance, nodes, weather, fromMs: untilMs, untilMs: talkEndsMs };
    this.#lives.begin();
    this.#faults.schedule(faults);
    for (const step of [...steps, ...drawBursts(ground)]) {
      this.#agenda.at(step.atMs, () => this.#burst(step));
    }
    this.#auditLater();
    this.#agenda.runUntil(untilMs);
    this.#trace.mark(untilMs, "all heals", ...nodes);
    this.#operations.end();
    this.#network.heal();
    this.#lives.heal();
    this.#agenda.runUntil(talkEndsMs);
    this.#checker.mood = "gentle";
    this.#agenda.runUntil(untilMs + settleMs * quietShare);
    const { dials } = this.#network;
    this.#agenda.runUntil(untilMs + settleMs * lastMessageShare);
    if (this.#network.dials > dials) throw broken("somebody dials although all links are good");
    for (const [from, to] of this.#lives.pairs) {
      this.#say(from, { name: to.name, incarnation: 0 }, "plain");
    }
    this.#agenda.runUntil(untilMs + settleMs);
    this.#judge();
  }

  #judge(): void {
    for (const [from, to] of this.#lives.pairs) {
      if (this.#checker.isAnswered(from.node, to.node)) continue;
      const [sender, receiver] = [formatNode(from.node), formatNode(to.node)];
      throw broken(`${sender} cannot reach ${receiver} although all faults ended long ago`);
    }
    this.#checker.settled();
    for (const { node, links } of this.#lives.newest) {
      if (!links.every((link) => link.messagesWaiting === 0))
        throw broken(`${formatNode(node)} is not drained`);
    }
    this.#lives.countAll();
  }

  #burst(step: Step): void {
    const from = this.#lives.of(step.node);
    const burst = burstOf(step);
    if (from?.state !== "running" || !this.#plan.nodes.includes(burst.to)) return;
    const to = { name: burst.to, incarnation: this.#meant(from.node, burst) };
    for (let index = 0; index < burst.messages; index++) {
      if (from.state !== "running") return;
      this.#say(from, to, index < burst.payloads ? "with-payload" : "plain");
    }
  }

  /** The incarnation that a burst is meant for; 0 for whichever bears the name. */
  #meant(from: NodeId, { whom, to, share }: Burst): number {
    const incarnations: Readonly<Record<Whom, () => number>> = {
      name: () => 0,
      up: () => this.#checker.upAt(from, to),
      any: () => Math.ceil(this.#lives.incarnationOf(to) * Math.max(share, Number.EPSILON)),
    };
    return incarnations[whom]();
  }

  #say(from: SimulatedProcess, to: NodeId, size: "plain" | "with-payload"): void {
    const sequence = this.#checker.nextSequence(from.node, to.name);
    const message = { by: from.node.incarnation, to: to.name, sequence };
    const outcome = this.#operations.perform(from.name, () => {
      const taken = from.send(to, numberedMessage(message, size));
      const what = `${formatNode(from.node)} to ${formatNode(to)}: ${sequence} ${size}, ${taken}`;
      this.#trace.note(this.#agenda.nowMs, what, from.name);
      this.#checker.sent(from.node, to, taken);
      return taken;
    });
    if (outcome === undefined) this.#trace.note(this.#agenda.nowMs, "nothing is sent", from.name);
  }

  /** Looks again and again whether who stays silent is given up in time. */
  #auditLater(): void {
    this.#agenda.after(50, () => {
      for (const process of this.#lives.newest) {
        if (process.state !== "running") continue;
        for (const name of this.#plan.nodes) {
          if (process.silenceMs(name) > silenceMsMax) this.#checker.silent(process.node, name);
        }
      }
      this.#auditLater();
    });
  }
}
