// One run of a plan:
//
//   0 ─────── faults and steps ─────── untilMs ─── all heals, comes to rest ─── settled ── verify ──┤
import { formatNode, type NodeId } from "#protocols/address.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { Failure } from "#protocols/failure.ts";
import { MemoryDirectoryJournal } from "#runtime/cluster/directory/directory-journal.ts";
import type { Log, LogLevel } from "#runtime/core/ports.ts";
import { tellingRejections } from "#runtime/testkit/stray-rejections.ts";
import { accounting, bounded, rubbishRefused } from "./accounting-check.ts";
import { Agenda } from "./agenda.ts";
import { BuggifySwarm } from "./buggify-swarm.ts";
import { Chance } from "./chance.ts";
import { Jury, type Violation } from "./checker.ts";
import { runAgenda } from "./event-pump.ts";
import { FaultDriver } from "./fault-driver.ts";
import { formatFault } from "./fault-plan.ts";
import { formatEvent, type HistoryEvent, type Occurrence } from "./history.ts";
import type { Birth, SimulatedHost } from "./incarnation.ts";
import { lastLook } from "./last-look.ts";
import { networkWeather } from "./network-weather.ts";
import { numberedIn } from "./numbered.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { Operations } from "./operations.ts";
import { restWatch } from "./rest-watch.ts";
import type { RunOutcome } from "./run-outcome.ts";
import type { RunPlan, Step } from "./run-plan.ts";
import { RunTrace } from "./run-trace.ts";
import { SimulatedDisk } from "./simulated-disk.ts";
import { SimulatedNetwork } from "./simulated-network.ts";
import { SimulatedNode } from "./simulated-node.ts";
import type { Simulation } from "./simulation.ts";

/** What no world may break. */
const always = [accounting, bounded, oneAtATime, rubbishRefused];
const verifyMsMax = 30_000;
/** Milliseconds between two looks at what the systems say of their messages. */
const countEveryMs = 100;
const wholeWorld: NodeId = { name: "", incarnation: 0 };

export class SimulationRun {
  readonly #simulation: Simulation;
  readonly #plan: RunPlan;
  readonly #chance: Chance;
  readonly #trace = new RunTrace();
  readonly #agenda: Agenda;
  readonly #network: SimulatedNetwork;
  readonly #buggify: BuggifySwarm;
  readonly #operations: Operations;
  readonly #faults: FaultDriver;
  readonly #jury: Jury;
  readonly #nodes = new Map<string, SimulatedNode>();
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #facts = new Map<string, number>();
  #history = 0;
  #sessions = 0;
  #failed: Violation | undefined;

  constructor(simulation: Simulation, plan: RunPlan) {
    this.#simulation = simulation;
    this.#plan = plan;
    const chance = Chance.ofSeed(plan.seed);
    this.#chance = chance;
    const agenda = new Agenda(chance.branch("order").random);
    const trace = this.#trace;
    this.#agenda = agenda;
    const weather = networkWeather(plan.network, chance.branch("weather"));
    this.#network = new SimulatedNetwork(
      { agenda, trace, chance: chance.branch("network") },
      weather,
    );
    this.#buggify = new BuggifySwarm(chance.branch("buggify"), plan.buggify);
    this.#operations = new Operations((name, fault) => {
      if (this.#nodes.get(name)?.crash(fault.downMs)) this.#faults.count(fault);
    });
    this.#faults = new FaultDriver({
      agenda,
      trace,
      network: this.#network,
      hands: {
        happen: (fault) => this.#nodes.get(fault.node)?.happen(fault) ?? false,
        awaitOperation: (fault) => this.#operations.await(fault),
      },
      happened: (fault) => {
        this.#count(fault.kind);
        this.#record(wholeWorld, { kind: "fault", fault: formatFault(fault) });
      },
    });
    this.#jury = new Jury([...new Set([...always, ...simulation.checks])]);
    this.#addresses = new Map(
      plan.nodes.map((name, index) => [name, `tcp://127.0.0.1:${7_000 + index}`] as const),
    );
    for (const name of plan.nodes) this.#nodes.set(name, this.#createNode(name));
  }

  async outcome(): Promise<RunOutcome> {
    await tellingRejections(
      (error) => this.#fail("no uncaught error", `nobody looked at a rejection: ${textOf(error)}`),
      () => this.#run(),
    );
    const { nowMs, events, checksum } = this.#agenda;
    this.#trace.note(nowMs, `${events} events, order ${checksum}`);
    for (const [label, hits] of this.#buggify.hits) this.#facts.set(`buggify ${label}`, hits);
    return {
      violation: this.#violation,
      virtualMs: nowMs,
      events,
      operations: this.#operations.count,
      digest: this.#trace.digest,
      facts: Object.fromEntries([...this.#facts].sort(([a], [b]) => (a < b ? -1 : 1))),
      whims: [...this.#buggify.hits.keys()].sort(),
      trace: this.#trace,
    };
  }

  get #violation(): Violation | undefined {
    return this.#jury.violation ?? this.#failed;
  }

  async #run(): Promise<void> {
    const { untilMs, settleMs, faults, steps } = this.#plan;
    this.#faults.schedule(faults);
    for (const node of this.#nodes.values()) node.start();
    for (const step of steps) this.#agenda.at(step.atMs, () => this.#perform(step));
    this.#countLater();
    if (!(await this.#pass(untilMs))) return;
    this.#trace.mark(untilMs, "all heals", ...this.#plan.nodes);
    this.#operations.end();
    this.#faults.end();
    this.#buggify.end();
    this.#network.heal();
    for (const node of this.#nodes.values()) node.heal();
    const { isAtRest } = this.#simulation;
    const isRest = (): boolean => this.#isWhole() && isAtRest?.(this.#hosts()) === true;
    const isOver = isAtRest && restWatch(this.#agenda, isRest);
    if (!(await this.#pass(untilMs + settleMs, isOver))) return;
    for (const { life, name } of this.#nodes.values()) {
      if (life?.isBuilt === false) this.#fail("build", `${name} is not built yet`);
    }
    const living = new Map([...this.#hosts()].map(([name, { node }]) => [name, node.incarnation]));
    this.#jury.settled({ atMs: this.#agenda.nowMs, living });
    if (!this.#violation) await this.#verify();
  }

  /** Whether nothing is wrong yet. */
  async #pass(endMs: number, isOver = () => false): Promise<boolean> {
    await this.#advance(endMs, () => this.#violation !== undefined || isOver());
    return this.#violation === undefined;
  }

  /** What an event throws, nobody has caught: a broken invariant, or time that stands still. */
  async #advance(endMs: number, isOver: () => boolean): Promise<void> {
    try {
      await runAgenda(this.#agenda, endMs, isOver);
    } catch (error) {
      this.#fail("no uncaught error", textOf(error));
    }
  }

  async #verify(): Promise<void> {
    const { verify } = this.#simulation;
    if (!verify) return;
    const endMs = this.#agenda.nowMs + verifyMsMax;
    const world = {
      hosts: () => this.#hosts(),
      isWhole: () => this.#isWhole(),
      pass: async (isOver: () => boolean) =>
        (await this.#pass(endMs, isOver)) && this.#agenda.nowMs < endMs,
    };
    const seen = await lastLook(world, verify);
    if (seen && "error" in seen) this.#fail("verify", textOf(seen.error));
    else if (!seen && !this.#violation) {
      this.#fail("verify", `it did not end within ${verifyMsMax} virtual ms`);
    }
  }

  #perform(step: Step): void {
    const { workload } = this.#simulation;
    const node = this.#nodes.get(step.node);
    const isDone = node?.run((life) => {
      const failed = (error: unknown): void =>
        this.#fail("workload", `${step.act} at ${step.atMs} ms failed: ${textOf(error)}`);
      (async () => workload?.perform(step, life.host))().catch(failed);
    });
    const outcome = isDone ? "" : ", but its node is down";
    this.#note(`step ${step.act} ${JSON.stringify(step.terms ?? {})}${outcome}`, step.node);
    this.#count(isDone ? "step" : "step left out");
  }

  #createNode(name: string): SimulatedNode {
    const agenda = this.#agenda;
    const branch = this.#chance.branch(`node ${name}`);
    const operations = this.#operations;
    const disk = new SimulatedDisk({
      node: name,
      agenda,
      operations,
      chance: branch.branch("disk"),
    });
    const drawn = branch.branch("clock");
    const clock = {
      skewMs: drawn.count({ min: -50, max: 50 }),
      driftPpm: drawn.count({ min: -100, max: 100 }),
    };
    const world = {
      agenda,
      trace: this.#trace,
      record: (node: NodeId, occurrence: Occurrence) => this.#record(node, occurrence),
      failed: (statement: string) => this.#fail("build", statement),
    };
    const directoryJournal = new MemoryDirectoryJournal();
    const birth = (node: NodeId, fatal: (failure: Failure) => void): Birth => ({
      node,
      agenda,
      network: this.#network,
      operations,
      chance: branch.branch(`life ${node.incarnation}`),
      buggify: this.#buggify.ask,
      addresses: this.#addresses,
      director: this.#plan.nodes[0] ?? name,
      protocols: this.#simulation.protocols ?? [],
      actors: this.#simulation.actors ?? [],
      disk,
      directoryJournal,
      sessions: this.#simulation.session,
      newSession: () => ++this.#sessions,
      log: this.#logOf(node),
      fatal,
      record: (occurrence) => this.#record(node, occurrence),
      lost: (envelopes) => this.#lost(node, envelopes),
      noted: (what) => this.#note(`${formatNode(node)} ${what}`, name),
      build: this.#simulation.build,
    });
    return new SimulatedNode(name, world, { disk, clock, birth });
  }

  #logOf(node: NodeId): Log {
    return {
      write: (level: LogLevel, actor, message) => {
        this.#note(`${formatNode(node)} ${level} ${actor}: ${message}`, node.name);
      },
    };
  }

  #lost(node: NodeId, envelopes: readonly Envelope[]): void {
    for (const envelope of envelopes) {
      const numbered = numberedIn(envelope);
      if (numbered) this.#record(node, { kind: "lost", ...numbered });
    }
  }

  #record(node: NodeId, occurrence: Occurrence): void {
    const { name, incarnation } = node;
    const id = ++this.#history;
    const event: HistoryEvent = {
      ...occurrence,
      id,
      atMs: this.#agenda.nowMs,
      node: name,
      incarnation,
    };
    this.#count(occurrence.kind === "fact" ? occurrence.name : occurrence.kind);
    if (occurrence.kind !== "counts") this.#note(formatEvent(event), name);
    this.#jury.saw(event);
    if (occurrence.kind === "fact") this.#faults.saw(occurrence.name);
  }

  #countLater(): void {
    this.#agenda.after(countEveryMs, () => {
      for (const node of this.#nodes.values()) node.count();
      this.#countLater();
    });
  }

  #hosts(): ReadonlyMap<string, SimulatedHost> {
    const hosts = [...this.#nodes.values()].flatMap(({ life }) => (life ? [life.host] : []));
    return new Map(hosts.map((host) => [host.node.name, host]));
  }

  /** What a node that is about to leave says, or does not say, is no word of a world at rest. */
  #isWhole(): boolean {
    return [...this.#nodes.values()].every(({ isSettled }) => isSettled);
  }

  #fail(checker: string, statement: string): void {
    this.#failed ??= { checker, statement, events: [] };
  }

  #count(fact: string): void {
    this.#facts.set(fact, (this.#facts.get(fact) ?? 0) + 1);
  }

  #note(what: string, node: string): void {
    this.#trace.note(this.#agenda.nowMs, what, node);
  }
}

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
