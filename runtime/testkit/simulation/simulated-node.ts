// A node of a simulated cluster through all its lives: each a real actor system on simulated ports, one
// after the other, with one disk for all.
//
//   down ──start──► running ◄──► paused        crash: at once, from any state but down
//     ▲                │ leave ──► leaving
//     └────────────────┴──────────────┘
import { formatNode, type NodeId } from "#protocols/address.ts";
import type { Failure } from "#protocols/failure.ts";
import type { Agenda } from "./agenda.ts";
import type { NodeFault } from "./fault-driver.ts";
import type { NodeEnding, Occurrence } from "./history.ts";
import { type Birth, createIncarnation, type Incarnation } from "./incarnation.ts";
import type { RunTrace } from "./run-trace.ts";
import type { SimulatedDisk } from "./simulated-disk.ts";
import { countsOf } from "./system-counts.ts";

/** What a node needs of its world. */
export interface NodeWorld {
  readonly agenda: Agenda;
  readonly trace: RunTrace;
  record(node: NodeId, occurrence: Occurrence): void;
  /** The user's `build`, or a step of his, failed: the run is over. */
  failed(statement: string): void;
}

/** Milliseconds until a node starts anew that gave up by itself. */
const restartMs = 100;
const shutdownMs = { "leave-cluster": 1_000, "close-links": 1_000 };

export class SimulatedNode {
  readonly name: string;
  readonly #world: NodeWorld;
  readonly #disk: SimulatedDisk;
  readonly #birth: (node: NodeId, fatal: (failure: Failure) => void) => Birth;
  #incarnation = 0;
  #life: Incarnation | undefined;
  #isLeaving = false;
  #isHealed = false;
  #clock = { skewMs: 0, driftPpm: 0 };

  constructor(
    name: string,
    world: NodeWorld,
    parts: {
      readonly disk: SimulatedDisk;
      readonly clock: { readonly skewMs: number; readonly driftPpm: number };
      readonly birth: (node: NodeId, fatal: (failure: Failure) => void) => Birth;
    },
  ) {
    this.name = name;
    this.#world = world;
    this.#disk = parts.disk;
    this.#clock = { ...parts.clock };
    this.#birth = parts.birth;
  }

  /** The present life; undefined while the node is down. */
  get life(): Incarnation | undefined {
    return this.#life;
  }

  /** Up with all that it has, and not about to leave. */
  get isSettled(): boolean {
    return this.#life?.isBuilt === true && !this.#isLeaving;
  }

  start(): void {
    if (this.#life) return;
    this.#incarnation++;
    const node = { name: this.name, incarnation: this.#incarnation };
    this.#mark(`${formatNode(node)} starts`);
    const fatal = (failure: Failure): void => {
      this.#mark(`${formatNode(node)} gives up: ${failure.detail}`);
      this.#world.agenda.after(0, () => {
        if (this.#life === life) this.#end("fatal", restartMs);
      });
    };
    const life = createIncarnation(this.#birth(node, fatal), this.#clock);
    this.#life = life;
    this.#isLeaving = false;
    this.#world.record(node, { kind: "node-started" });
    void life.begin((statement) => this.#world.failed(`${formatNode(node)} ${statement}`));
  }

  /** False when the node is not in a state to which it could happen. */
  happen(fault: NodeFault): boolean {
    switch (fault.kind) {
      case "crash":
        return this.crash(fault.downMs);
      case "leave":
        return this.#leave(fault.downMs);
      case "pause":
        return this.#pause(fault.forMs);
      case "clock":
        this.#clock = { skewMs: fault.skewMs, driftPpm: fault.driftPpm };
        this.#life?.clock.adjust(this.#clock);
        return true;
      case "disk-full":
        this.#disk.fillFor(fault.forMs);
        return true;
      case "disk-slow":
        this.#disk.slowFor(fault.forMs, fault.factor);
        return true;
      case "disk-error":
        this.#disk.failNext(fault.accesses);
        return true;
      case "bit-flip":
        return this.#disk.flip(fault.place);
      default:
        return fault satisfies never;
    }
  }

  crash(downMs: number): boolean {
    if (!this.#life) return false;
    this.#end("crash", downMs);
    return true;
  }

  /** Nothing keeps it from running any more. */
  heal(): void {
    this.#isHealed = true;
    this.#disk.heal();
    this.#life?.process.resume();
    this.start();
  }

  /** Does it in the node's process; false when the node is down. */
  run(act: (life: Incarnation) => void): boolean {
    const life = this.#life;
    if (!life || this.#isLeaving) return false;
    life.process.run(() => act(life));
    return true;
  }

  /** Records what the system says of its messages. */
  count(): void {
    if (!this.#life) return;
    const { host, process } = this.#life;
    const counts = countsOf(host.system, process.rubbish);
    this.#world.record(host.node, { kind: "counts", counts });
  }

  #pause(forMs: number): boolean {
    const life = this.#life;
    if (life?.process.state !== "running") return false;
    this.#world.record(life.host.node, { kind: "node-paused" });
    life.process.pause(forMs);
    return true;
  }

  #leave(downMs: number): boolean {
    const life = this.#life;
    if (!life || this.#isLeaving || life.process.state !== "running") return false;
    this.#isLeaving = true;
    void life.host.system.shutdown(shutdownMs).then(() => {
      if (this.#life === life) this.#end("leave", this.#isHealed ? 0 : downMs);
    });
    return true;
  }

  #end(how: NodeEnding, downMs: number): void {
    const life = this.#life;
    if (!life) return;
    this.#mark(`${formatNode(life.host.node)} ends: ${how}`);
    this.#life = undefined;
    life.process.kill();
    if (how === "leave") this.#disk.close();
    else this.#disk.crash();
    this.#world.record(life.host.node, { kind: "node-ended", how });
    this.#world.agenda.after(downMs, () => this.start());
  }

  #mark(what: string): void {
    this.#world.trace.mark(this.#world.agenda.nowMs, what, this.name);
  }
}
