// The Carrier port on the simulated network, for one process of it.
import type {
  Carrier,
  DialEvents,
  Dialled,
  DialTarget,
  Listening,
} from "#runtime/links/carrier.ts";
import type { Route } from "#runtime/links/link-sink.ts";
import type { SimulatedNetwork } from "./simulated-network.ts";
import type { FrameOrigin, Station, Wire } from "./wire.ts";

type Received = (route: Route, parts: readonly Buffer[]) => void;

export class SimulatedCarrier implements Carrier {
  readonly #network: SimulatedNetwork;
  readonly #station: Station;
  /** By peer: when anything last came from it. */
  readonly #heardMs = new Map<string, number>();
  readonly #now: () => number;
  #received: Received | undefined;
  #forged = 0;

  constructor(parts: {
    readonly network: SimulatedNetwork;
    readonly station: Station;
    /** The time that all processes share. */
    readonly now: () => number;
  }) {
    this.#network = parts.network;
    this.#station = parts.station;
    this.#now = parts.now;
  }

  /** When anything last came from the process of that name; 0 for never. */
  heardMs(name: string): number {
    return this.#heardMs.get(name) ?? 0;
  }

  /** Frames handed on that nobody had sent. */
  get forged(): number {
    return this.#forged;
  }

  arrived({ from, route }: Wire, parts: readonly Buffer[], origin: FrameOrigin): void {
    if (!this.#received) return;
    this.#heard(from.name, origin);
    this.#received(route, parts);
  }

  listen(address: string, received: Received): Listening {
    this.#received = received;
    this.#network.listen(address, this.#station);
    return {
      address,
      answer: (route, frame) => this.#network.answer(this.#station, route, frame),
      close: () => {
        this.#received = undefined;
      },
    };
  }

  dial({ peer, address }: DialTarget, events: DialEvents): Dialled {
    const wire = this.#network.dial({
      from: this.#station,
      address,
      events: {
        connected: () => events.connected(),
        disconnected: () => events.disconnected(),
        writable: () => events.writable(),
        returned: (parts, origin) => {
          this.#heard(peer, origin);
          events.received(parts);
        },
      },
    });
    return {
      send: (parts) => this.#network.send(wire, parts),
      close: () => this.#network.hangUp(wire),
    };
  }

  #heard(name: string, origin: FrameOrigin): void {
    if (origin === "forged") this.#forged += 1;
    else this.#heardMs.set(name, this.#now());
  }
}
