// The wire of heartbeats on the simulated network: whoever watches a node dials it and says so; a
// heartbeat goes to all who did. What gets lost is lost, the next one says more.
import type { DialSight } from "#protocols/cluster/dial-sight.ts";
import type { HeartbeatEvents, HeartbeatWire } from "#runtime/cluster/membership/heartbeat-wire.ts";
import { DialWatch } from "#runtime/links/dial-watch.ts";
import type { Agenda } from "./agenda.ts";
import type { SimulatedNetwork } from "./simulated-network.ts";
import type { Station, Wire } from "./wire.ts";

export interface HeartbeatsOptions {
  readonly name: string;
  /** Where others hear it. */
  readonly address: string;
  readonly agenda: Agenda;
  readonly network: SimulatedNetwork;
  /** Runs it in the process: later while that is paused, never once it is gone. */
  readonly run: (act: () => void) => void;
  /** The process's own clock. */
  readonly now: () => number;
}

interface Watched {
  readonly address: string;
  wire: Wire | undefined;
}

/** Milliseconds until a connection that broke is dialled anew. */
const redialMs = 25;
/** Milliseconds between two words that somebody listens: the network may lose one. */
const askMs = 500;
/** As long as the head of a frame. */
const asking = Buffer.alloc(24);

export class SimulatedHeartbeats implements HeartbeatWire, Station {
  readonly #options: HeartbeatsOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #listeners = new Map<number, Wire>();
  readonly #dials: DialWatch;
  #events: HeartbeatEvents | undefined;
  #isLooking = false;
  #isOver = false;

  constructor(options: HeartbeatsOptions) {
    this.#options = options;
    const told = (peer: string, sight: DialSight): void => this.#events?.dialled(peer, sight);
    this.#dials = new DialWatch(options.now, told);
    options.network.listen(options.address, this);
  }

  get name(): string {
    return this.#options.name;
  }

  run(act: () => void): void {
    this.#options.run(act);
  }

  arrived(wire: Wire): void {
    if (!this.#isOver) this.#listeners.set(wire.number, wire);
  }

  attend(events: HeartbeatEvents): void {
    this.#events = events;
  }

  publish(frame: Buffer): void {
    for (const [number, wire] of this.#listeners) {
      if (wire.stands) this.#options.network.answer(this, wire.route, frame);
      else this.#listeners.delete(number);
    }
  }

  watch(peer: string, address: string): void {
    if (this.#isOver || this.#watched.get(peer)?.address === address) return;
    this.unwatch(peer);
    const watched: Watched = { address, wire: undefined };
    this.#watched.set(peer, watched);
    this.#dial(peer, watched);
  }

  unwatch(peer: string): void {
    const wire = this.#watched.get(peer)?.wire;
    this.#watched.delete(peer);
    this.#dials.forget(peer);
    if (wire) this.#options.network.hangUp(wire);
  }

  close(): void {
    this.#isOver = true;
    for (const peer of [...this.#watched.keys()]) this.unwatch(peer);
    this.#listeners.clear();
    this.#options.network.remove(this);
  }

  #dial(peer: string, watched: Watched): void {
    if (this.#watched.get(peer) !== watched) return;
    const isWatched = (): boolean => this.#watched.get(peer) === watched;
    this.#dials.saw(peer, "connect:delay");
    this.#lookLater();
    watched.wire = this.#options.network.dial({
      from: this,
      address: watched.address,
      events: {
        connected: () => {
          if (!isWatched()) return;
          this.#dials.saw(peer, "connect");
          this.#dials.saw(peer, "handshake");
          this.#ask(peer, watched);
        },
        disconnected: () => {
          if (!isWatched()) return;
          this.#dials.saw(peer, "disconnect");
          this.#later(redialMs, () => this.#dial(peer, watched));
        },
        returned: ([frame]) => {
          if (frame && isWatched()) this.#events?.heard(peer, frame);
        },
        writable: () => {},
      },
    });
  }

  #dialAnew(peer: string, watched: Watched, wire: Wire): void {
    if (wire.isOver) return;
    this.#options.network.hangUp(wire);
    this.#dials.saw(peer, "disconnect");
    this.#later(redialMs, () => this.#dial(peer, watched));
  }

  #ask(peer: string, watched: Watched): void {
    const { wire } = watched;
    if (!wire || wire.isOver) return;
    this.#options.network.send(wire, [asking]);
    this.#later(askMs, () => {
      if (watched.wire !== wire || this.#watched.get(peer) !== watched) return;
      // As ZeroMQ's own heartbeats do, which end a connection that carries nothing.
      if (wire.isBroken) this.#dialAnew(peer, watched, wire);
      else this.#ask(peer, watched);
    });
  }

  /** As long as an answer may become overdue. */
  #lookLater(): void {
    if (this.#isLooking || this.#isOver) return;
    const dueMs = this.#dials.look();
    if (dueMs === Number.POSITIVE_INFINITY) return;
    this.#isLooking = true;
    this.#later(dueMs - this.#options.now(), () => {
      this.#isLooking = false;
      this.#lookLater();
    });
  }

  #later(delayMs: number, act: () => void): void {
    this.#options.agenda.after(delayMs, () => {
      this.run(() => {
        if (!this.#isOver) act();
      });
    });
  }
}
