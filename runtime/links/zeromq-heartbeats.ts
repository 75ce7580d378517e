// Heartbeats over PUB/SUB: one socket that publishes, and one for each node that is watched, so that what
// its monitor events show is known to be of that node.
//
// PUB drops what a slow subscriber does not take, and SUB keeps only the newest: both are right here,
// where the newest says all. Nothing waits at the end (linger 0). Sockets live on the main thread only.
import { Publisher, Subscriber } from "zeromq";
import type { DialSight } from "#protocols/cluster/dial-sight.ts";
import { membershipLimits } from "#protocols/cluster/membership-limits.ts";
import { errorMessage } from "#protocols/error-text.ts";
import { Failure } from "#protocols/failure.ts";
import { isWithin } from "./address-reach.ts";
import { DialEvidence, dialEventNames } from "./dial-evidence.ts";
import { RunningTime } from "./running-time.ts";

/** As `runtime/cluster` expects them of a wire. */
export interface HeartbeatEvents {
  heard(peer: string, frame: Buffer): void;
  dialled(peer: string, sight: DialSight): void;
}

const common = {
  linger: 0,
  ipv6: false,
  heartbeatInterval: 250,
  heartbeatTimeout: 750,
  handshakeInterval: 2_000,
  maxMessageSize: membershipLimits.heartbeatBytesMax,
} as const;

/** A refusal is to be seen within 0.1 s of the end of a process; libzmq waits up to twice this. */
const reconnectMs = 25;
/** Milliseconds between two looks at what is overdue. */
const lookMs = 50;
/** A gap of more says that the event loop stood still. */
const stepMs = 2 * lookMs;

interface Watched {
  readonly address: string;
  readonly socket: Subscriber;
  readonly evidence: DialEvidence;
  told: DialSight | undefined;
}

export class ZeromqHeartbeats {
  readonly #publisher: Publisher;
  readonly #watched = new Map<string, Watched>();
  readonly #time = new RunningTime(stepMs);
  readonly #now: () => number;
  readonly #looking: NodeJS.Timeout;
  #events: HeartbeatEvents | undefined;
  #newest: Buffer | undefined;
  #isSending = false;
  #isOver = false;

  private constructor(publisher: Publisher, now: () => number) {
    this.#publisher = publisher;
    this.#now = now;
    this.#looking = setInterval(() => this.#look(), lookMs);
    this.#looking.unref();
  }

  /**
   * `address` as for links, with `*` for any free port; `now` is the node's clock. Without keys only
   * addresses of this machine: `invalid`. Fails with `unavailable` when it cannot be bound.
   */
  static async bind(options: {
    readonly address: string;
    readonly now: () => number;
  }): Promise<ZeromqHeartbeats> {
    checkReach(options.address);
    const publisher = new Publisher({ ...common, sendHighWaterMark: 4 });
    try {
      await publisher.bind(options.address);
    } catch (cause) {
      publisher.close();
      const remedy = "stop the process that holds it, or choose another port";
      const text = `cannot publish heartbeats at ${options.address} (${errorMessage(cause)}): ${remedy}`;
      throw new Failure("unavailable", text, cause);
    }
    return new ZeromqHeartbeats(publisher, options.now);
  }

  /** Where it is bound, with the port that was chosen for `*`. */
  get address(): string {
    return this.#publisher.lastEndpoint ?? "";
  }

  attend(events: HeartbeatEvents): void {
    this.#events = events;
  }

  publish(frame: Buffer): void {
    this.#newest = frame;
    if (!this.#isSending && !this.#isOver) void this.#sendNewest();
  }

  /** Fails with `invalid` for an address beyond this machine. */
  watch(peer: string, address: string): void {
    checkReach(address);
    if (this.#isOver || this.#watched.get(peer)?.address === address) return;
    this.unwatch(peer);
    const socket = new Subscriber({
      ...common,
      connectTimeout: membershipLimits.connectMsMax,
      reconnectInterval: reconnectMs,
      conflate: true,
    });
    const watched: Watched = { address, socket, evidence: new DialEvidence(), told: undefined };
    this.#watched.set(peer, watched);
    for (const name of dialEventNames) {
      socket.events.on(name, () => {
        if (this.#watched.get(peer) !== watched) return;
        watched.evidence.saw(name, this.#time.now(this.#now()));
        this.#tell(peer, watched);
      });
    }
    try {
      socket.subscribe();
      socket.connect(address);
    } catch (cause) {
      this.unwatch(peer);
      const text = `${address} is no address to hear ${peer} at (${errorMessage(cause)}): correct its record`;
      throw new Failure("invalid", text, cause);
    }
    void this.#receive(peer, watched);
  }

  unwatch(peer: string): void {
    this.#watched.get(peer)?.socket.close();
    this.#watched.delete(peer);
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#looking);
    for (const peer of [...this.#watched.keys()]) this.unwatch(peer);
    this.#publisher.close();
  }

  #look(): void {
    for (const [peer, watched] of this.#watched) this.#tell(peer, watched);
  }

  #tell(peer: string, watched: Watched): void {
    const nowMs = this.#now();
    const runMs = this.#time.now(nowMs);
    const sight = watched.evidence.look(runMs);
    if (sight === undefined || sight === watched.told) return;
    watched.told = sight;
    this.#events?.dialled(peer, { kind: sight.kind, sinceMs: nowMs - (runMs - sight.sinceMs) });
  }

  async #receive(peer: string, watched: Watched): Promise<void> {
    const { socket } = watched;
    while (!socket.closed) {
      let parts: Buffer[];
      try {
        parts = await socket.receive();
      } catch (cause) {
        if (socket.closed) return;
        throw cause;
      }
      const [frame] = parts;
      if (this.#watched.get(peer) !== watched) return;
      if (frame && parts.length === 1) this.#events?.heard(peer, frame);
    }
  }

  async #sendNewest(): Promise<void> {
    this.#isSending = true;
    try {
      for (;;) {
        const frame = this.#newest;
        if (frame === undefined || this.#isOver) return;
        this.#newest = undefined;
        await this.#publisher.send(frame);
      }
    } catch (cause) {
      if (!this.#isOver) throw cause;
    } finally {
      this.#isSending = false;
    }
  }
}

function checkReach(address: string): void {
  if (isWithin("machine", address)) return;
  const text = `${address} is beyond this machine, and heartbeats have no keys: use tcp://127.0.0.1:port or ipc://`;
  throw new Failure("invalid", text);
}
