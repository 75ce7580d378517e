// Heartbeats over PUB/SUB: one socket that publishes, and one for each node that is watched, so that what
// its monitor events show is known to be of that node. With keys both know each other, as links do.
//
// PUB drops what a slow subscriber does not take, and SUB keeps only the newest: both are right here,
// where the newest says all. Nothing waits at the end (linger 0). Sockets live on the main thread only.
import { Publisher, Subscriber } from "zeromq";
import type { DialSight } from "#protocols/cluster/dial-sight.ts";
import { membershipLimits } from "#protocols/cluster/membership-limits.ts";
import { errorMessage } from "#protocols/error-text.ts";
import { Failure } from "#protocols/failure.ts";
import { isWithin, type Reach } from "./address-reach.ts";
import { dialEventNames } from "./dial-evidence.ts";
import { DialWatch, dialLookMs } from "./dial-watch.ts";
import { bindAgain } from "./zeromq-rebind.ts";
import { plainSockets, type SocketSecurity } from "./zeromq-security.ts";

/** As `runtime/cluster` expects them of a wire. */
export interface HeartbeatEvents {
  heard(peer: string, frame: Buffer): void;
  dialled(peer: string, sight: DialSight): void;
}

export interface ZeromqHeartbeatsOptions {
  /** As for links, with `*` for any free port. */
  readonly address: string;
  /** The node's clock. */
  readonly now: () => number;
  /** Default: no keys, and this machine only. */
  readonly security?: { readonly reach: Reach; readonly sockets: SocketSecurity };
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

const plain = { reach: "machine", sockets: plainSockets } as const;

interface Watched {
  readonly address: string;
  readonly socket: Subscriber;
}

export class ZeromqHeartbeats {
  readonly #options: Required<ZeromqHeartbeatsOptions>;
  readonly #watched = new Map<string, Watched>();
  readonly #dials: DialWatch;
  readonly #looking: NodeJS.Timeout;
  #publisher: Publisher;
  /** Where it is bound, also while it is cut and about to be bound there again. */
  #address = "";
  #forget: () => void = () => {};
  #events: HeartbeatEvents | undefined;
  #newest: Buffer | undefined;
  #isSending = false;
  #isOver = false;

  private constructor(options: Required<ZeromqHeartbeatsOptions>) {
    this.#options = options;
    this.#publisher = this.#open();
    this.#dials = new DialWatch(options.now, (peer, sight) => this.#events?.dialled(peer, sight));
    this.#looking = setInterval(() => this.#dials.look(), dialLookMs);
    this.#looking.unref();
  }

  /**
   * Fails with `invalid` for an address out of reach, as one beyond this machine is without keys, and
   * with `unavailable` when it cannot be bound.
   */
  static async bind(options: ZeromqHeartbeatsOptions): Promise<ZeromqHeartbeats> {
    const { address, now, security = plain } = options;
    checkReach(address, security.reach);
    const heartbeats = new ZeromqHeartbeats({ address, now, security });
    try {
      await heartbeats.#publisher.bind(address);
      heartbeats.#address = heartbeats.#publisher.lastEndpoint ?? address;
    } catch (cause) {
      heartbeats.close();
      const remedy = "stop the process that holds it, or choose another port";
      const text = `cannot publish heartbeats at ${address} (${errorMessage(cause)}): ${remedy}`;
      throw new Failure("unavailable", text, cause);
    }
    return heartbeats;
  }

  /** Where it is bound, with the port that was chosen for `*`. */
  get address(): string {
    return this.#address;
  }

  attend(events: HeartbeatEvents): void {
    this.#events = events;
  }

  publish(frame: Buffer): void {
    this.#newest = frame;
    if (!this.#isSending && !this.#isOver) void this.#sendNewest();
  }

  /** Fails with `invalid` for an address out of reach. */
  watch(peer: string, address: string): void {
    const { security } = this.#options;
    checkReach(address, security.reach);
    if (this.#isOver || this.#watched.get(peer)?.address === address) return;
    this.unwatch(peer);
    const socket = new Subscriber({
      ...common,
      connectTimeout: membershipLimits.connectMsMax,
      reconnectInterval: reconnectMs,
      conflate: true,
    });
    const watched: Watched = { address, socket };
    this.#watched.set(peer, watched);
    for (const name of dialEventNames) {
      socket.events.on(name, () => {
        if (this.#watched.get(peer) === watched) this.#dials.saw(peer, name);
      });
    }
    try {
      socket.subscribe();
      security.sockets.connect(socket, { peer, address });
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
    this.#dials.forget(peer);
  }

  /** Ends every connection that came in: who may still listen connects again. */
  async cut(): Promise<void> {
    if (this.#isOver) return;
    this.#forget();
    this.#publisher.close();
    this.#publisher = this.#open();
    await bindAgain(this.#publisher, this.#address);
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#looking);
    for (const peer of [...this.#watched.keys()]) this.unwatch(peer);
    this.#forget();
    this.#publisher.close();
  }

  #open(): Publisher {
    const { sockets } = this.#options.security;
    const publisher = new Publisher({
      ...common,
      ...sockets.listenerOptions(),
      sendHighWaterMark: 4,
    });
    // Nobody decides any more who listens: better nobody than anybody.
    this.#forget = sockets.attend(publisher, () => this.close());
    return publisher;
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
        await this.#sendTo(this.#publisher, frame);
      }
    } finally {
      this.#isSending = false;
    }
  }

  /** What a socket that was closed meanwhile did not take is old by the next one. */
  async #sendTo(publisher: Publisher, frame: Buffer): Promise<void> {
    try {
      await publisher.send(frame);
    } catch (cause) {
      if (!publisher.closed) throw cause;
    }
  }
}

function checkReach(address: string, reach: Reach): void {
  if (isWithin(reach, address)) return;
  const text =
    reach === "machine"
      ? "is beyond this machine, and without keys heartbeats stay on it: use tcp://127.0.0.1:port or ipc://"
      : "is no address of heartbeats: use tcp://host:port or ipc:///path";
  throw new Failure("invalid", `${address} ${text}`);
}
