// One run of two nodes that shake hands and tell each other the first messages, with one thing that goes
// wrong at one numbered step: a dialling, a connection, a frame sent, a frame that arrives.
//
//   0 ── both start ── both talk ── first acknowledgements ────── all heals ── talk again ── judged
//        '-------- numbered steps, one fault at one --------'
import { formatNode } from "#protocols/address.ts";
import { decodeFrame } from "#protocols/frame-layout.ts";
import type { Identity } from "#runtime/links/node-identity.ts";
import { Agenda } from "#runtime/testkit/simulation/agenda.ts";
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import { Chance } from "#runtime/testkit/simulation/chance.ts";
import { networkWeather } from "#runtime/testkit/simulation/network-weather.ts";
import { RunTrace } from "#runtime/testkit/simulation/run-trace.ts";
import { SimulatedNetwork } from "#runtime/testkit/simulation/simulated-network.ts";
import type { WireStep } from "#runtime/testkit/simulation/wire.ts";
import { LinkChecker } from "./link-checker.ts";
import { LinkLives } from "./link-lives.ts";
import { numberedMessage } from "./numbered-message.ts";

/** What may go wrong at a step. `near` does it, `far` is the other end. */
export const handshakeFaults = [
  "crash-near",
  "crash-far",
  "pause-near",
  "pause-far",
  "lose",
  "break",
  "stall",
  "cut-drop",
  "cut-hold",
  "cut-there",
  "cut-back",
] as const;
export type HandshakeFault = (typeof handshakeFaults)[number];

export interface HandshakePlan {
  readonly fault: HandshakeFault;
  /** From 1. */
  readonly step: number;
  /** In the step, or as soon as it is done. */
  readonly side: "before" | "after";
  /** How long a cut or a pause lasts; a node that crashed is back as soon. */
  readonly forMs: number;
}

export interface HandshakeTerms {
  readonly talking: readonly string[];
  /** By name; undefined: nodes are believed. */
  readonly identityOf?: (name: string) => Identity;
}

export interface HandshakeOutcome {
  /** Each numbered step, in order, as far as until both were acknowledged. */
  readonly steps: readonly string[];
  readonly hasHappened: boolean;
  readonly delivered: number;
  readonly lost: number;
  readonly livingGivenUp: number;
}

const names = ["a", "b"] as const;
const talkMs = 250;
const healMs = 4_000;
const againMs = 9_000;
const endMs = 12_000;
export const messagesEach = 5;

export class HandshakeRun {
  readonly #plan: HandshakePlan | undefined;
  readonly #terms: HandshakeTerms;
  readonly #agenda: Agenda;
  readonly #network: SimulatedNetwork;
  readonly #checker: LinkChecker;
  readonly #lives: LinkLives;
  readonly #steps: string[] = [];
  readonly #acknowledged = new Set<string>();
  #hasHappened = false;

  constructor(terms: HandshakeTerms, plan?: HandshakePlan) {
    this.#terms = terms;
    this.#plan = plan;
    const chance = Chance.ofSeed(1);
    const agenda = new Agenda(chance.branch("order").random);
    const trace = new RunTrace();
    const weather = networkWeather("calm", chance);
    this.#agenda = agenda;
    this.#network = new SimulatedNetwork(
      { agenda, trace, chance: chance.branch("network") },
      weather,
    );
    this.#network.watch = (step) => this.#saw(step);
    this.#checker = new LinkChecker("rough");
    const still = { min: 1, max: 1 };
    this.#lives = new LinkLives({
      ...{ nodes: names, agenda, trace, network: this.#network, checker: this.#checker },
      chance: chance.branch("lives"),
      buggify: () => false,
      weather: {
        ...{ mood: "rough", network: weather, faultEveryMs: still, faultForMs: still },
        ...{ absenceMs: { min: 10, max: 50 }, moveRate: 0, burstEveryMs: still },
        ...{ burstMessages: still, payloadRate: 0 },
      },
      ...(terms.identityOf ? { identityOf: terms.identityOf } : {}),
    });
  }

  /** Fails with `BrokenPromise`. */
  outcome(): HandshakeOutcome {
    this.#lives.begin();
    this.#agenda.at(talkMs, () => this.#talk(this.#terms.talking));
    this.#agenda.runUntil(healMs);
    this.#network.heal();
    this.#lives.heal();
    // Who was given up meanwhile learns it when they talk, and begins anew.
    this.#talk(names);
    this.#agenda.runUntil(againMs);
    this.#checker.mood = "gentle";
    this.#talk(names);
    this.#agenda.runUntil(endMs);
    this.#judge();
    const { delivered, lost, livingGivenUp } = this.#checker;
    const steps = this.#steps;
    return { steps, hasHappened: this.#hasHappened, delivered, lost, livingGivenUp };
  }

  #talk(talking: readonly string[]): void {
    for (const name of talking) {
      const process = this.#lives.of(name);
      const other = names.find((known) => known !== name) ?? "";
      if (!process || process.state === "gone") continue;
      for (let count = 0; count < messagesEach; count++) {
        const sequence = this.#checker.nextSequence(process.node, other);
        const message = { by: process.node.incarnation, to: other, sequence };
        const to = { name: other, incarnation: 0 };
        this.#checker.sent(process.node, to, process.send(to, numberedMessage(message, "plain")));
      }
    }
  }

  #judge(): void {
    for (const [from, to] of this.#lives.pairs) {
      if (this.#checker.isAnswered(from.node, to.node)) continue;
      throw broken(`${formatNode(from.node)} cannot reach ${formatNode(to.node)} any more`);
    }
    this.#checker.settled();
    for (const { node, links } of this.#lives.newest) {
      if (links.every((link) => link.messagesWaiting === 0)) continue;
      throw broken(`${formatNode(node)} is not drained`);
    }
  }

  #saw(step: WireStep): "goes-on" | "is-lost" {
    if (this.#acknowledged.size === this.#terms.talking.length) return "goes-on";
    this.#steps.push(nameOf(step));
    if (this.#isFirstAcknowledgement(step)) this.#acknowledged.add(step.wire.from.name);
    const plan = this.#plan;
    if (this.#steps.length !== plan?.step) return "goes-on";
    if (plan.fault === "lose") {
      this.#hasHappened = step.parts.length > 0;
      return this.#hasHappened ? "is-lost" : "goes-on";
    }
    if (plan.side === "before") this.#happen(plan, step);
    else this.#agenda.after(0, () => this.#happen(plan, step));
    return "goes-on";
  }

  #isFirstAcknowledgement(step: WireStep): boolean {
    if (step.kind !== "land" || step.direction !== "back") return false;
    const frame = decodeFrame(step.parts.map((part) => Buffer.from(part)));
    return frame.kind === "ack" && frame.acknowledged.messages + frame.acknowledged.control > 0;
  }

  #happen({ fault, forMs }: HandshakePlan, { wire, kind, direction }: WireStep): void {
    const dialler = wire.from.name;
    const listener = dialler === "a" ? "b" : "a";
    const isAtDialler = kind === "land" ? direction === "back" : direction === "there";
    const [near, far] = isAtDialler ? [dialler, listener] : [listener, dialler];
    const network = this.#network;
    this.#hasHappened = true;
    const there = { from: dialler, to: listener };
    const back = { from: listener, to: dialler };
    switch (fault) {
      case "crash-near":
      case "crash-far":
        this.#hasHappened = this.#lives.crash(fault === "crash-near" ? near : far, forMs);
        return;
      case "pause-near":
      case "pause-far":
        this.#lives.of(fault === "pause-near" ? near : far)?.pause(forMs);
        return;
      case "break":
        network.break(wire);
        return;
      case "stall":
        network.stall(wire);
        return;
      case "cut-drop":
      case "cut-hold":
        for (const way of [there, back])
          network.cut(way, forMs, fault === "cut-drop" ? "drop" : "hold");
        return;
      case "cut-there":
        network.cut(there, forMs, "drop");
        return;
      case "cut-back":
        network.cut(back, forMs, "drop");
        return;
      case "lose":
        return;
      default:
        fault satisfies never;
    }
  }
}

/** For people: `a>b send hello`. */
function nameOf({ kind, wire, direction, parts }: WireStep): string {
  const ends = wire.from.name === "a" ? ["a", "b"] : ["b", "a"];
  const way = (direction === "there" ? ends : ends.toReversed()).join(">");
  if (parts.length === 0) return `${way} ${kind}`;
  return `${way} ${kind} ${decodeFrame(parts.map((part) => Buffer.from(part))).kind}`;
}
