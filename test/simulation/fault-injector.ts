// Does to a simulated world what its weather says, one fault after the other, until they must end.
import { formatNode } from "#protocols/address.ts";
import type { Agenda } from "#runtime/testkit/simulation/agenda.ts";
import type { Chance, Span } from "#runtime/testkit/simulation/chance.ts";
import type { RunTrace } from "#runtime/testkit/simulation/run-trace.ts";
import type { SimulatedNetwork } from "#runtime/testkit/simulation/simulated-network.ts";
import type { SimulatedProcess } from "#runtime/testkit/simulation/simulated-process.ts";
import type { FaultKind, Weather } from "./weather.ts";

export interface FaultWorld {
  readonly agenda: Agenda;
  readonly trace: RunTrace;
  readonly chance: Chance;
  readonly weather: Weather;
  readonly network: SimulatedNetwork;
  /** When the last fault must be over. */
  readonly endMs: number;
  readonly processes: () => readonly SimulatedProcess[];
  readonly end: (process: SimulatedProcess, how: "crash" | "leave") => void;
}

export class FaultInjector {
  readonly counts: Readonly<Record<FaultKind, number>>;
  readonly #counts: Record<FaultKind, number> = {
    break: 0,
    stall: 0,
    cut: 0,
    pause: 0,
    crash: 0,
    leave: 0,
  };
  readonly #world: FaultWorld;

  constructor(world: FaultWorld) {
    this.#world = world;
    this.counts = this.#counts;
  }

  begin(): void {
    const { agenda, chance, weather, endMs } = this.#world;
    agenda.after(chance.within(weather.faultEveryMs), () => {
      if (agenda.nowMs >= endMs) return;
      const kind = chance.pick(weather.faults);
      if (kind !== undefined && this.#happen(kind)) this.#counts[kind]++;
      this.begin();
    });
  }

  /** False when there was nothing that it could happen to. */
  #happen(kind: FaultKind): boolean {
    const { chance, network } = this.#world;
    switch (kind) {
      case "break":
      case "stall": {
        const wire = chance.pick(network.wires);
        if (wire && kind === "break") network.break(wire);
        else if (wire) network.stall(wire);
        return wire !== undefined;
      }
      case "cut":
        return this.#cut();
      case "pause":
        return this.#pause();
      case "crash":
      case "leave": {
        const process = this.#pickRunning();
        if (process) this.#world.end(process, kind);
        return process !== undefined;
      }
      default:
        return kind satisfies never;
    }
  }

  #pause(): boolean {
    const { agenda, trace, weather } = this.#world;
    const process = this.#pickRunning();
    if (process === undefined) return false;
    const durationMs = this.#duration(weather.pauseMs);
    trace.mark(agenda.nowMs, `${formatNode(process.node)} pauses for ${durationMs.toFixed()} ms`);
    process.pause(durationMs);
    return true;
  }

  /** One way, or both. */
  #cut(): boolean {
    const { chance, network, weather, processes } = this.#world;
    const one = chance.pick(processes());
    const other = chance.pick(processes().filter((process) => process !== one));
    if (one === undefined || other === undefined) return false;
    const durationMs = this.#duration(weather.cutMs);
    const mode = chance.happens(0.5) ? "drop" : "hold";
    network.cut({ from: one.name, to: other.name }, durationMs, mode);
    if (chance.happens(0.6)) network.cut({ from: other.name, to: one.name }, durationMs, mode);
    return true;
  }

  #pickRunning(): SimulatedProcess | undefined {
    const { chance, processes } = this.#world;
    return chance.pick(processes().filter((process) => process.state === "running"));
  }

  /** Short ones are as frequent as long ones; none goes beyond the end of all faults. */
  #duration({ min, max }: Span): number {
    const { agenda, chance, endMs } = this.#world;
    const drawnMs = min * (max / min) ** chance.random.next();
    return Math.min(drawnMs, endMs - agenda.nowMs);
  }
}
