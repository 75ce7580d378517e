// A network as bad as real ones are seen to be, in virtual time: a frame may vanish, come twice, be
// overtaken or wait out a cut, and nobody is told; a broken connection takes with it what is on its way.
//
//   dialler ==== there ====> listener        one wire: made by dialling, ended by either side,
//           <=== back ======                 by a break or with one of its processes
//
// Frames are carried uncopied until they land, as a socket does that sends from its user's memory.
import type { Agenda } from "./agenda.ts";
import type { Chance } from "./chance.ts";
import type { RunTrace } from "./run-trace.ts";
import type { Weather } from "./weather.ts";
import { type Dial, type Direction, type Station, Wire, wireNumber } from "./wire.ts";

type NetworkWeather = Pick<
  Weather,
  "delayMs" | "lossRate" | "repeatRate" | "overtakenRate" | "detourMs" | "heldBackRate" | "noticeMs"
>;

/** Until when nothing passes from one name to another, and what becomes of what is sent. */
interface Cut {
  readonly endMs: number;
  readonly mode: "drop" | "hold";
}

/** Milliseconds after which a connection attempt is made again. */
const redialMs = 50;
/** Milliseconds without a frame after which a connection counts as gone. */
const heartbeatMs = 1_000;

export class SimulatedNetwork {
  weather: NetworkWeather;
  readonly #agenda: Agenda;
  readonly #chance: Chance;
  readonly #trace: RunTrace;
  readonly #listening = new Map<string, Station>();
  readonly #wires = new Map<number, Wire>();
  readonly #cuts = new Map<string, Cut>();
  /** How often anybody dialled. */
  dials = 0;

  constructor(
    parts: { readonly agenda: Agenda; readonly chance: Chance; readonly trace: RunTrace },
    weather: NetworkWeather,
  ) {
    this.#agenda = parts.agenda;
    this.#chance = parts.chance;
    this.#trace = parts.trace;
    this.weather = weather;
  }

  /** Connections that stand. */
  get wires(): readonly Wire[] {
    return [...this.#wires.values()].filter((wire) => wire.stands);
  }

  listen(address: string, station: Station): void {
    this.#listening.set(address, station);
  }

  /** The process is gone, with its connections. */
  remove(station: Station): void {
    for (const [address, other] of this.#listening) {
      if (other === station) this.#listening.delete(address);
    }
    for (const wire of [...this.#wires.values()]) {
      if (wire.from === station) this.hangUp(wire);
      else if (wire.to === station) this.break(wire);
    }
  }

  dial(dial: Dial): Wire {
    const wire = new Wire(++this.dials, dial);
    this.#wires.set(wire.number, wire);
    this.#agenda.after(this.#chance.within(this.weather.delayMs), () => this.#try(wire));
    return wire;
  }

  /** False: the connection takes no more before `writable`, or never again. */
  send(wire: Wire, parts: readonly Uint8Array[]): boolean {
    if (wire.isOver) return false;
    this.#carry(wire, "there", parts);
    if (!wire.isHeldBack && this.#chance.happens(this.weather.heldBackRate)) this.#holdBack(wire);
    return !wire.isHeldBack;
  }

  answer(by: Station, route: Uint8Array, frame: Uint8Array): void {
    const wire = this.#wires.get(wireNumber(route));
    if (wire?.to === by && wire.stands) this.#carry(wire, "back", [frame]);
  }

  /** The dialler gives it up. What it sent before may still arrive. */
  hangUp(wire: Wire): void {
    wire.isOver = true;
    if (wire.to === undefined || this.#chance.happens(0.5)) wire.isBroken = true;
    this.#wires.delete(wire.number);
  }

  /** What is on its way is lost; its dialler is told some time later. */
  break(wire: Wire): void {
    if (wire.isBroken) return;
    wire.isBroken = true;
    this.#trace.mark(this.#agenda.nowMs, `wire ${wire.number} breaks`);
    this.#agenda.after(this.#chance.within(this.weather.noticeMs), () => {
      wire.from.run(() => {
        if (wire.isOver) return;
        wire.isOver = true;
        this.#wires.delete(wire.number);
        wire.dial.events.disconnected();
      });
    });
  }

  /** It seems to stand, but nothing arrives any more. */
  stall(wire: Wire): void {
    wire.isBroken = true;
    this.#trace.mark(this.#agenda.nowMs, `wire ${wire.number} stalls`);
  }

  /** Nothing passes from one to the other for so long; the way back may stay open. */
  cut(way: { readonly from: string; readonly to: string }, durationMs: number): void {
    const endMs = this.#agenda.nowMs + durationMs;
    const mode = this.#chance.happens(0.5) ? "drop" : "hold";
    this.#cuts.set(wayOf(way.from, way.to), { endMs, mode });
    this.#trace.mark(
      this.#agenda.nowMs,
      `cut ${way.from} to ${way.to} for ${durationMs.toFixed()} ms, ${mode}`,
    );
    if (durationMs >= heartbeatMs) {
      this.#agenda.after(heartbeatMs, () => this.#missHeartbeats(way));
    }
  }

  /** As ZeroMQ's own heartbeat: a connection that carries nothing for so long is given up. */
  #missHeartbeats(way: { readonly from: string; readonly to: string }): void {
    if (this.#cutOf(way.from, way.to) === undefined) return;
    for (const wire of this.wires) {
      const ends = [wire.from.name, wire.to?.name];
      if (ends.includes(way.from) && ends.includes(way.to)) this.break(wire);
    }
  }

  #try(wire: Wire): void {
    if (wire.isOver) return;
    const station = this.#listening.get(wire.dial.address);
    const isReached =
      station !== undefined &&
      this.#cutOf(wire.from.name, station.name) === undefined &&
      this.#cutOf(station.name, wire.from.name) === undefined;
    if (!isReached) {
      this.#agenda.after(redialMs, () => this.#try(wire));
      return;
    }
    wire.to = station;
    this.#trace.mark(
      this.#agenda.nowMs,
      `wire ${wire.number} ${wire.from.name} to ${station.name}`,
    );
    wire.from.run(() => {
      if (!wire.isOver) wire.dial.events.connected();
    });
  }

  #holdBack(wire: Wire): void {
    wire.isHeldBack = true;
    this.#agenda.after(this.#chance.within(this.weather.detourMs), () => {
      wire.from.run(() => {
        wire.isHeldBack = false;
        if (!wire.isOver) wire.dial.events.writable();
      });
    });
  }

  #carry(wire: Wire, direction: Direction, parts: readonly Uint8Array[]): void {
    const { lossRate, repeatRate } = this.weather;
    if (wire.isBroken || this.#chance.happens(lossRate)) {
      this.#trace.note(this.#agenda.nowMs, `lost ${direction} on ${wire.number}`);
      return;
    }
    this.#launch(wire, direction, parts);
    if (this.#chance.happens(repeatRate)) this.#launch(wire, direction, parts);
  }

  #launch(wire: Wire, direction: Direction, parts: readonly Uint8Array[]): void {
    const { delayMs, detourMs, overtakenRate } = this.weather;
    let landingMs = this.#agenda.nowMs + this.#chance.within(delayMs);
    if (this.#chance.happens(overtakenRate)) landingMs += this.#chance.within(detourMs);
    else {
      landingMs = Math.max(landingMs, wire.lastLandingMs[direction] + 0.001);
      wire.lastLandingMs[direction] = landingMs;
    }
    this.#agenda.at(landingMs, () => this.#land(wire, direction, parts));
  }

  #land(wire: Wire, direction: Direction, parts: readonly Uint8Array[]): void {
    const { from, to } = wire;
    if (wire.isBroken || to === undefined) return;
    const cut =
      direction === "there" ? this.#cutOf(from.name, to.name) : this.#cutOf(to.name, from.name);
    if (cut?.mode === "drop") return;
    if (cut) {
      // In order still: what was sent later lands behind it.
      const landingMs = Math.max(cut.endMs, wire.lastLandingMs[direction]) + 0.001;
      wire.lastLandingMs[direction] = landingMs;
      this.#agenda.at(landingMs, () => this.#land(wire, direction, parts));
      return;
    }
    const copies = parts.map((part) => Buffer.from(part));
    const [first] = copies;
    if (first === undefined) return;
    const size = copies.reduce((sum, part) => sum + part.length, 0);
    this.#trace.note(
      this.#agenda.nowMs,
      `${direction} on ${wire.number}: ${first[0]}/${first.readDoubleBE(8)}/${first.readDoubleBE(16)} ${size}`,
    );
    if (direction === "there") to.run(() => to.arrived(wire, copies));
    else {
      from.run(() => {
        if (!wire.isOver) wire.dial.events.returned(first);
      });
    }
  }

  #cutOf(from: string, to: string): Cut | undefined {
    const cut = this.#cuts.get(wayOf(from, to));
    return cut && cut.endMs > this.#agenda.nowMs ? cut : undefined;
  }
}

const wayOf = (from: string, to: string): string => `${from} ${to}`;
