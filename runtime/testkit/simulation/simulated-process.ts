// One process of a simulated run: the real transport with its real links, in virtual time, on a clock
// of its own and on the simulated network. It runs, stands still, or is gone.
import type { NodeId } from "#protocols/address.ts";
import type { Codec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { Buggify } from "#runtime/core/buggify.ts";
import type { SendOutcome, Timers, TransportEvents } from "#runtime/core/ports.ts";
import type { LinkStatistics } from "#runtime/links/link-statistics.ts";
import { linkTiming } from "#runtime/links/link-timing.ts";
import { LinkTransport } from "#runtime/links/link-transport.ts";
import type { Identity } from "#runtime/links/node-identity.ts";
import type { Agenda } from "./agenda.ts";
import type { Chance } from "./chance.ts";
import { SimulatedCarrier } from "./simulated-carrier.ts";
import { SimulatedHeartbeats } from "./simulated-heartbeats.ts";
import type { SimulatedNetwork } from "./simulated-network.ts";
import type { FrameOrigin, Station, Wire } from "./wire.ts";

export interface ProcessOptions {
  readonly node: NodeId;
  readonly address: string;
  /** Where the others listen, as far as known at the start. */
  readonly peers: ReadonlyMap<string, string>;
  readonly agenda: Agenda;
  readonly chance: Chance;
  readonly network: SimulatedNetwork;
  readonly codec: Codec;
  readonly newSession: () => number;
  /** Milliseconds on the process's own clock. */
  readonly now: () => number;
  readonly buggify?: Buggify;
  /** How nodes prove which they are. Default: they are believed. */
  readonly identity?: Identity;
  readonly noted: (what: string) => void;
  /** It was paused, and goes on. */
  readonly resumed?: () => void;
}

const timing = linkTiming();

/** Milliseconds between two things that waited for a process to go on: their order stays. */
const catchUpMs = 0.0005;

/** Milliseconds of silence after which a process must have given up its peer; some for jitter. */
export const silenceMsMax = timing.silenceMsMax + 2 * timing.tickMs;

export class SimulatedProcess implements Station {
  readonly transport: LinkTransport;
  readonly #options: ProcessOptions;
  readonly #carrier: SimulatedCarrier;
  readonly #deferred: (() => void)[] = [];
  readonly #beside: Station[] = [];
  #resumedMs = 0;
  #state: "running" | "paused" | "gone" = "running";
  #isRetired = false;
  #pauses = 0;

  constructor(options: ProcessOptions) {
    this.#options = options;
    const { agenda, network, node, address, codec, newSession, peers, buggify } = options;
    const { identity, now } = options;
    this.#carrier = new SimulatedCarrier({ network, station: this, now: () => agenda.nowMs });
    this.transport = new LinkTransport({
      ...{ node, bind: address, peers, codec, newSession, carrier: this.#carrier },
      clock: { now, wall: now },
      timers: this.#timers(),
      executor: {
        soon: (task) => agenda.after(0, () => this.run(task)),
        later: (task) => agenda.after(0, () => this.run(task)),
      },
      log: {
        write: (level, about, message) => options.noted(`${level}: ${about}: ${message}`),
      },
      ...(buggify ? { buggify } : {}),
      ...(identity ? { identity } : {}),
      broken: (cause) => {
        throw cause;
      },
    });
  }

  get name(): string {
    return this.#options.node.name;
  }

  get node(): NodeId {
    return this.#options.node;
  }

  get address(): string {
    return this.#options.address;
  }

  get state(): "running" | "paused" | "retired" | "gone" {
    return this.#state === "running" && this.#isRetired ? "retired" : this.#state;
  }

  get links(): readonly LinkStatistics[] {
    return this.transport.statistics();
  }

  /** Opens its links; settles at once. */
  begin(events: TransportEvents): Promise<void> {
    return this.transport.start(events);
  }

  /** For how long nothing came from the peer while this process ran. */
  silenceMs(peerName: string): number {
    const sinceMs = Math.max(this.#resumedMs, this.#carrier.heardMs(peerName));
    return this.#options.agenda.nowMs - sinceMs;
  }

  /** Now; behind what waits already, when the process is paused or catches up; never once gone. */
  run(act: () => void): void {
    if (this.#state === "gone") return;
    if (this.#state === "paused" || this.#deferred.length > 0) this.#deferred.push(act);
    else act();
  }

  send(to: NodeId, envelope: Envelope): SendOutcome {
    if (this.#state === "gone") return "node_down";
    return this.transport.send(to, envelope);
  }

  /** Nothing runs in the process for so long; the network goes on. */
  pause(durationMs: number): void {
    this.#state = "paused";
    const pause = ++this.#pauses;
    this.#options.agenda.after(durationMs, () => {
      if (pause === this.#pauses) this.resume();
    });
  }

  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    this.#resumedMs = this.#options.agenda.nowMs;
    this.#options.resumed?.();
    if (this.#deferred.length > 0) this.#catchUp();
  }

  /** The process's heartbeats, published and heard beside its links. */
  heartbeatsAt(address: string): SimulatedHeartbeats {
    const { agenda, network, now } = this.#options;
    const run = (act: () => void): void => this.run(act);
    const heartbeats = new SimulatedHeartbeats({
      ...{ name: this.name, address, agenda, network, run, now },
    });
    this.#beside.push(heartbeats);
    return heartbeats;
  }

  /** As SIGKILL: nothing of it runs any more. */
  kill(): void {
    this.#state = "gone";
    this.#deferred.length = 0;
    for (const station of [this, ...this.#beside]) this.#options.network.remove(station);
  }

  /** It will end and says nothing new; `transport.stop` or `leave`, and then `kill`, must follow. */
  retire(): void {
    this.#isRetired = true;
    this.transport.hasten();
  }

  arrived(wire: Wire, parts: readonly Buffer[], origin: FrameOrigin): void {
    this.#carrier.arrived(wire, parts, origin);
  }

  /** How many frames came that nobody had sent, and how many it refused. */
  get rubbish(): { readonly forged: number; readonly refused: number } {
    return { forged: this.#carrier.forged, refused: this.transport.frameCounts.refused };
  }

  /** An alarm rings a little late, as those of operating systems do. */
  #timers(): Timers {
    const { agenda, chance, now } = this.#options;
    let alarms = 0;
    return {
      set: (dueMs, ring) => {
        const alarm = ++alarms;
        const waitMs = Math.max(1, Math.ceil(dueMs - now())) + chance.within({ min: 0, max: 1 });
        agenda.after(waitMs, () => {
          this.run(() => {
            if (alarm === alarms) ring();
          });
        });
      },
      clear: () => {
        alarms++;
      },
    };
  }

  /** One thing after the other, each an event of its own. */
  #catchUp(): void {
    if (this.#state !== "running") return;
    this.#deferred[0]?.();
    this.#deferred.shift();
    if (this.#deferred.length > 0) this.#options.agenda.after(catchUpMs, () => this.#catchUp());
  }
}
