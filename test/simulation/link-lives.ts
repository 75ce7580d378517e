// The processes of a run of links, one life after the other: each with its links, judged by the checker.
//
//   gone ──start──► running ◄──► paused        crash: at once, from any state but gone
//     ▲                │ leave ──► retired
//     └────────────────┴──────────────┘
import { formatNode, type NodeId } from "#protocols/address.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import type { Buggify } from "#runtime/core/buggify.ts";
import type { TransportEvents } from "#runtime/core/ports.ts";
import type { Identity } from "#runtime/links/node-identity.ts";
import type { Agenda } from "#runtime/testkit/simulation/agenda.ts";
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Chance } from "#runtime/testkit/simulation/chance.ts";
import type { NodeFault } from "#runtime/testkit/simulation/fault-driver.ts";
import type { RunTrace } from "#runtime/testkit/simulation/run-trace.ts";
import type { SimulatedNetwork } from "#runtime/testkit/simulation/simulated-network.ts";
import { SimulatedProcess } from "#runtime/testkit/simulation/simulated-process.ts";
import type { LinkChecker } from "./link-checker.ts";
import { numberedCodec, readNumbered } from "./numbered-message.ts";
import type { Weather } from "./weather.ts";

export interface LivesWorld {
  readonly nodes: readonly string[];
  readonly agenda: Agenda;
  readonly trace: RunTrace;
  readonly chance: Chance;
  readonly weather: Weather;
  readonly network: SimulatedNetwork;
  readonly checker: LinkChecker;
  readonly buggify: Buggify;
  /** How nodes prove which they are. Default: they are believed. */
  readonly identityOf?: (name: string) => Identity;
}

export class LinkLives {
  readonly #world: LivesWorld;
  readonly #starts: Chance;
  readonly #processes = new Map<string, SimulatedProcess>();
  readonly #addresses = new Map<string, string>();
  readonly #incarnations = new Map<string, number>();
  readonly #counts = { resent: 0, repeatsDropped: 0, gapsDropped: 0, moves: 0 };
  #ports = 7_000;
  #sessions = 0;
  #isHealed = false;

  constructor(world: LivesWorld) {
    this.#world = world;
    this.#starts = world.chance.branch("starts");
  }

  /** What the links of all lives that ended, and of those after `countAll`, had to do. */
  get counts(): Readonly<Record<string, number>> {
    return this.#counts;
  }

  /** Of each node the newest process, also when it is gone. */
  get newest(): readonly SimulatedProcess[] {
    return [...this.#processes.values()];
  }

  /** Every process with every other. */
  get pairs(): readonly (readonly [SimulatedProcess, SimulatedProcess])[] {
    const all = this.newest;
    return all.flatMap((from) => all.filter((to) => to !== from).map((to) => [from, to] as const));
  }

  of(name: string): SimulatedProcess | undefined {
    return this.#processes.get(name);
  }

  /** The newest; 0 when there was none yet. */
  incarnationOf(name: string): number {
    return this.#incarnations.get(name) ?? 0;
  }

  begin(): void {
    const { nodes, agenda } = this.#world;
    for (const name of nodes) this.#addresses.set(name, this.#newAddress());
    for (const name of nodes) {
      agenda.after(this.#starts.within({ min: 0, max: 200 }), () => this.#start(name));
    }
  }

  /** False when the node is not in a state to which it could happen. */
  happen(fault: NodeFault): boolean {
    const process = this.#processes.get(fault.node);
    switch (fault.kind) {
      case "crash":
        return this.crash(fault.node, fault.downMs);
      case "leave":
        if (process?.state !== "running") return false;
        this.#leave(process, fault.downMs);
        return true;
      case "pause":
        if (process?.state !== "running") return false;
        process.pause(fault.forMs);
        return true;
      // These processes have no disk, and a clock of no date.
      case "clock":
      case "disk-full":
      case "disk-slow":
      case "disk-error":
      case "bit-flip":
        return false;
      default:
        return fault satisfies never;
    }
  }

  crash(name: string, downMs: number): boolean {
    const process = this.#processes.get(name);
    if (!process || process.state === "gone") return false;
    this.#end(process, downMs);
    return true;
  }

  /** Nothing keeps them from running any more. */
  heal(): void {
    this.#isHealed = true;
    for (const process of this.newest) {
      process.resume();
      if (process.state === "gone") this.#start(process.name);
    }
  }

  countAll(): void {
    for (const process of this.newest) this.#count(process);
  }

  #start(name: string): void {
    const { agenda, chance, checker, network, buggify, weather } = this.#world;
    const identity = this.#world.identityOf?.(name);
    if ((this.#processes.get(name)?.state ?? "gone") !== "gone") return;
    const incarnation = this.incarnationOf(name) + 1;
    if (incarnation > 1 && this.#starts.happens(weather.moveRate)) {
      this.#addresses.set(name, this.#newAddress());
      this.#counts.moves++;
    }
    this.#incarnations.set(name, incarnation);
    const node: NodeId = { name, incarnation };
    this.#mark(node, "starts");
    checker.started(node);
    const life = chance.branch(formatNode(node));
    // Every process's clock begins somewhere else.
    const clockOffsetMs = life.within({ min: 0, max: 1_000_000 });
    const process: SimulatedProcess = new SimulatedProcess({
      node,
      address: this.#addresses.get(name) ?? "",
      peers: new Map(this.#addresses),
      agenda,
      chance: life,
      network,
      codec: numberedCodec,
      newSession: () => ++this.#sessions,
      now: () => agenda.nowMs + clockOffsetMs,
      buggify,
      ...(identity ? { identity } : {}),
      noted: (what) => this.#mark(node, what),
    });
    this.#processes.set(name, process);
    // On this network it begins within the call.
    void process.begin(this.#eventsOf(node, () => process));
  }

  #eventsOf(node: NodeId, process: () => SimulatedProcess): TransportEvents {
    const { agenda, checker, trace, weather } = this.#world;
    return {
      deliver: (from, envelope) => {
        const what = `gets ${readNumbered(envelope).sequence} of ${formatNode(from)}`;
        trace.note(agenda.nowMs, `${formatNode(node)} ${what}`, node.name);
        checker.arrived(node, from, envelope);
        return "taken";
      },
      nodeUp: (peer) => {
        this.#mark(node, `up ${formatNode(peer)}`);
        checker.up(node, peer);
      },
      nodeDown: (peer, lost) => {
        this.#mark(node, `down ${formatNode(peer)}, ${lost.length} lost`);
        checker.down(node, peer, lost);
      },
      refused: (by) => {
        this.#mark(node, `is refused by ${formatNode(by)}`);
        checker.refused(node, by);
        const absenceMs = this.#starts.within(weather.absenceMs);
        agenda.after(0, () => this.#end(process(), absenceMs));
      },
      congested: (peer, isCongested) => {
        this.#mark(node, `${isCongested ? "congested" : "eased"} ${peer.name}`);
      },
      introduction: () => Buffer.from(formatNode(node)),
      introduced: (peer, introduction) => {
        const said = Buffer.from(introduction).toString();
        // Who leaves says nothing of itself any more.
        if (said === "" || said === formatNode(peer)) return;
        throw broken(`${formatNode(peer)} introduced itself as another`);
      },
    };
  }

  #leave(process: SimulatedProcess, downMs: number): void {
    this.#mark(process.node, "retires");
    process.retire();
    const later = (waitMs: number, act: () => void): void =>
      this.#world.agenda.after(waitMs, () => {
        if (process.state !== "gone") act();
      });
    later(this.#starts.within({ min: 0, max: 300 }), () => {
      this.#mark(process.node, "leaves");
      this.#world.checker.ended(process.node);
      process.transport.leave();
      later(linkLimits.farewellMsMax, () => this.#end(process, downMs));
    });
  }

  /** Its successor starts some time later. */
  #end(process: SimulatedProcess, downMs: number): void {
    if (process.state === "gone") return;
    this.#mark(process.node, "ends");
    this.#count(process);
    this.#world.checker.ended(process.node);
    process.kill();
    this.#world.agenda.after(this.#isHealed ? 0 : downMs, () => this.#start(process.name));
  }

  #count({ node, links }: SimulatedProcess): void {
    for (const statistics of links) {
      this.#counts.resent += statistics.messagesResent;
      this.#counts.repeatsDropped += statistics.repeatsDropped;
      this.#counts.gapsDropped += statistics.gapsDropped;
      if (statistics.framesRefused > 0) throw broken(`${formatNode(node)} could not read a frame`);
    }
  }

  #newAddress(): string {
    return `tcp://127.0.0.1:${this.#ports++}`;
  }

  #mark(node: NodeId, what: string): void {
    const { agenda, trace } = this.#world;
    trace.mark(agenda.nowMs, `${formatNode(node)} ${what}`, node.name);
  }
}
