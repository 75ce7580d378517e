// A network as bad as real ones are seen to be, in virtual time: a frame may vanish, come twice, be
// overtaken or wait out a cut, and nobody is told; a broken connection takes with it what is on its way.
//
//   dialler ==== there ====> listener        one wire: made by dialling, ended by either side,
//           <=== back ======                 by a break or with one of its processes
//
// Frames are carried uncopied until they land, as a socket does that sends from its user's memory.
import type { Agenda } from "./agenda.ts";
import type { Chance } from "./chance.ts";
import { hostileFrame } from "./hostile-frames.ts";
import { type CutMode, NetworkCuts, type Way } from "./network-cuts.ts";
import { calmRates, type NetworkWeather } from "./network-weather.ts";
import type { RunTrace } from "./run-trace.ts";
import {
  type Dial,
  type Direction,
  type FrameOrigin,
  type Station,
  Wire,
  type WireStep,
  wireNumber,
} from "./wire.ts";

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
  readonly #cuts: NetworkCuts;
  /** What arrived last anywhere: the pattern of what is forged. */
  #sample: readonly Buffer[] = [];
  /** Hears of each step, and says whether it comes about: a frame may be lost. */
  watch: (step: WireStep) => "goes-on" | "is-lost" = () => "goes-on";
  /** How often anybody dialled. */
  dials = 0;

  constructor(
    parts: { readonly agenda: Agenda; readonly chance: Chance; readonly trace: RunTrace },
    weather: NetworkWeather,
  ) {
    this.#agenda = parts.agenda;
    this.#cuts = new NetworkCuts(() => parts.agenda.nowMs);
    this.#chance = parts.chance;
    this.#trace = parts.trace;
    this.weather = weather;
  }

  listen(address: string, station: Station): void {
    this.#listening.set(address, station);
  }

  /** Connections that stand between the two: those that `from` dialled, or whoever did. */
  wiresBetween(way: Way, ways: "one" | "both"): readonly Wire[] {
    const isOn = (wire: Wire, from: string, to: string): boolean =>
      wire.from.name === from && wire.to?.name === to;
    return this.#standing.filter(
      (wire) => isOn(wire, way.from, way.to) || (ways === "both" && isOn(wire, way.to, way.from)),
    );
  }

  /** Nothing is cut any more, and nothing happens to frames from now on. */
  heal(): void {
    this.#cuts.clear();
    this.weather = { ...this.weather, ...calmRates };
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
    this.#isLost("dial", wire, "there");
    this.#agenda.after(this.#chance.within(this.weather.delayMs), () => this.#try(wire));
    return wire;
  }

  /** False: the connection takes no more before `writable`, or never again. */
  send(wire: Wire, parts: readonly Uint8Array[]): boolean {
    if (wire.isOver) return false;
    this.#carry(wire, "there", parts);
    const isFull = wire.framesOnTheWay.there >= this.weather.bufferFramesMax;
    if (!wire.isHeldBack && (isFull || this.#chance.happens(this.weather.heldBackRate))) {
      this.#holdBack(wire);
    }
    return !wire.isHeldBack;
  }

  answer(by: Station, route: Uint8Array, frame: Uint8Array): void {
    const wire = this.#wires.get(wireNumber(route));
    if (wire?.to !== by || !wire.stands) return;
    if (wire.framesOnTheWay.back < this.weather.bufferFramesMax) this.#carry(wire, "back", [frame]);
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
    this.#mark(wire, "breaks");
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
    this.#mark(wire, "stalls");
  }

  /** Rubbish comes from the one to the other; answers how many frames arrive. */
  forge({ from, to }: Way, frames: number): number {
    const chance = this.#chance.branch(`forged at ${this.#agenda.nowMs} from ${from} to ${to}`);
    const wires = this.wiresBetween({ from, to }, "both");
    for (let count = 0; count < frames; count++) {
      const wire = chance.pick(wires);
      if (wire === undefined) return 0;
      const direction = wire.from.name === from ? "there" : "back";
      this.#handOver(wire, direction, hostileFrame(chance, this.#sample), "forged");
    }
    return frames;
  }

  /**
   * Nothing passes from one to the other for so long; the way back may stay open. Of cuts that overlap
   * the one that ends last counts.
   */
  cut(way: Way, durationMs: number, mode: CutMode): void {
    this.#cuts.add(way, durationMs, mode);
    this.#trace.mark(
      this.#agenda.nowMs,
      `cut ${way.from} to ${way.to} for ${durationMs.toFixed()} ms, ${mode}`,
      way.from,
      way.to,
    );
    if (durationMs >= heartbeatMs) {
      this.#agenda.after(heartbeatMs, () => this.#missHeartbeats(way));
    }
  }

  /** As ZeroMQ's own heartbeat: a connection that carries nothing for so long is given up. */
  #missHeartbeats(way: Way): void {
    if (this.#cuts.on({ from: way.from, to: way.to }) === undefined) return;
    for (const wire of this.wiresBetween(way, "both")) this.break(wire);
  }

  get #standing(): readonly Wire[] {
    return [...this.#wires.values()].filter((wire) => wire.stands);
  }

  #try(wire: Wire): void {
    if (wire.isOver) return;
    const station = this.#listening.get(wire.dial.address);
    const isReached =
      station !== undefined &&
      this.#cuts.on({ from: wire.from.name, to: station.name }) === undefined &&
      this.#cuts.on({ from: station.name, to: wire.from.name }) === undefined;
    if (!isReached) {
      this.#agenda.after(redialMs, () => this.#try(wire));
      return;
    }
    wire.to = station;
    this.#isLost("connect", wire, "there");
    this.#mark(wire, `${wire.from.name} to ${station.name}`);
    // As a listener that takes the connection and throws away what comes over it.
    if (this.#chance.happens(this.weather.discardRate)) wire.isBroken = true;
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
    const isTaken = this.#isLost("send", wire, direction, parts);
    if (wire.isBroken || this.#chance.happens(lossRate) || isTaken) {
      this.#note(wire, `lost ${direction} on ${wire.number}`);
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
    wire.framesOnTheWay[direction]++;
    this.#agenda.at(landingMs, () => {
      wire.framesOnTheWay[direction]--;
      this.#land(wire, direction, parts);
    });
  }

  #land(wire: Wire, direction: Direction, parts: readonly Uint8Array[]): void {
    const { from, to } = wire;
    if (wire.isBroken || to === undefined) return;
    const [sender, receiver] = direction === "there" ? [from, to] : [to, from];
    const cut = this.#cuts.on({ from: sender.name, to: receiver.name });
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
    this.#sample = copies;
    const size = copies.reduce((sum, part) => sum + part.length, 0);
    this.#note(
      wire,
      `${direction} on ${wire.number}: ${first[0]}/${first.readDoubleBE(8)}/${first.readDoubleBE(16)} ${size}`,
    );
    this.#handOver(wire, direction, copies, "sent");
  }

  #handOver(wire: Wire, direction: Direction, parts: readonly Buffer[], origin: FrameOrigin): void {
    const { from, to } = wire;
    if (this.#isLost("land", wire, direction, parts) || wire.isBroken) return;
    if (direction === "there") to?.run(() => to.arrived(wire, parts, origin));
    else {
      from.run(() => {
        if (!wire.isOver) wire.dial.events.returned(parts, origin);
      });
    }
  }

  #isLost(
    kind: WireStep["kind"],
    wire: Wire,
    direction: Direction,
    parts: readonly Uint8Array[] = [],
  ): boolean {
    return this.watch({ kind, wire, direction, parts }) === "is-lost";
  }

  #note(wire: Wire, what: string): void {
    const other = wire.to?.name ?? wire.from.name;
    this.#trace.note(this.#agenda.nowMs, what, wire.from.name, other);
  }

  #mark(wire: Wire, what: string): void {
    const other = wire.to?.name ?? wire.from.name;
    this.#trace.mark(this.#agenda.nowMs, `wire ${wire.number} ${what}`, wire.from.name, other);
  }
}
