// The only file that imports zeromq: one socket that dials, one that listens.
//
// ZeroMQ is trusted with frames, never with delivery or order. Nothing here waits for a peer: frames
// wait in queues of our own, one send at a time a socket, and closing drops what is left (linger 0).
// A dialler ends with its connection; the link dials a new one, so that no frame of an old
// connection comes after one of a new connection. Sockets live on the main thread only: a worker
// thread that ends with a live socket takes the process with it.
import { Dealer, type Message, Router } from "zeromq";
import { Failure } from "#protocols/failure.ts";
import { headerBytes } from "#protocols/frames.ts";
import { limits } from "#protocols/limits.ts";
import { linkLimits } from "#protocols/link-limits.ts";
import type { DialEvents, Dialled, DialTarget, Listening } from "./carrier.ts";
import { dialEventNames } from "./dial-evidence.ts";
import { bindAgain } from "./zeromq-rebind.ts";
import type { SocketSecurity } from "./zeromq-security.ts";

// No heartbeats of ZeroMQ: it aborts the process when one is due, or has come, on a broken connection
// whose input waits for room, and a busy second is enough for that. The kernel ends connections whose
// other side does not answer; who is silent otherwise is the link's matter (`liveness.ts`).
const common = {
  linger: 0,
  ipv6: false,
  handshakeInterval: 2_000,
  sendHighWaterMark: 64,
  tcpKeepalive: 1,
  tcpKeepaliveIdle: 1,
  tcpKeepaliveInterval: 1,
  tcpKeepaliveCount: 2,
  tcpMaxRetransmitTimeout: 1_000,
} as const;

/** Milliseconds of received frames before the event loop gets its turn. */
const receiveTurnMs = 5;

export class Dialer implements Dialled {
  readonly #events: DialEvents;
  readonly #address: string;
  readonly #socket = new Dealer({
    ...common,
    receiveHighWaterMark: 4_096,
    connectTimeout: 500,
    reconnectInterval: 50,
    maxMessageSize: linkLimits.answerBytesMax,
  });
  #waiting: (readonly Uint8Array[])[] = [];
  #isConnected = false;
  #isSending = false;
  #isBehind = false;
  #isOver = false;

  constructor(target: DialTarget, events: DialEvents, security: SocketSecurity) {
    this.#events = events;
    this.#address = target.address;
    for (const name of dialEventNames) {
      this.#socket.events.on(name, () => {
        if (!this.#isOver) events.dialEvent?.(name);
      });
    }
    const connected = (): void => {
      if (this.#isOver) return;
      this.#isConnected = true;
      events.connected();
    };
    this.#socket.events.on("handshake", connected);
    // Before the handshake ZeroMQ tries again by itself, every `reconnectInterval`.
    this.#socket.events.on("disconnect", () => {
      if (!this.#isOver && this.#isConnected) events.disconnected();
    });
    security.connect(this.#socket, target);
    // Within a process nobody shakes hands: what is sent waits for whoever binds.
    if (target.address.startsWith("inproc:")) setImmediate(connected);
    void receiveAll(this.#socket, (parts) => {
      if (!this.#isOver) events.received(parts);
    });
  }

  send(parts: readonly Uint8Array[]): boolean {
    if (this.#isOver) return false;
    this.#waiting.push(parts);
    if (!this.#isSending) void this.#sendWaiting();
    this.#isBehind = this.#waiting.length >= linkLimits.framesWaitingMax;
    return !this.#isBehind;
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiting = [];
    this.#socket.close();
    if (this.#address.startsWith("inproc:")) void meetOnce(this.#address);
  }

  async #sendWaiting(): Promise<void> {
    this.#isSending = true;
    try {
      for (;;) {
        const parts = this.#waiting.shift();
        if (parts === undefined || this.#isOver) break;
        await this.#socket.send([...parts]);
        if (this.#isBehind && this.#waiting.length === 0) {
          this.#isBehind = false;
          this.#events.writable();
        }
      }
    } catch (cause) {
      // Closing rejects the send that waits. Anything else ends the connection, not the link.
      if (!this.#isOver) this.#events.disconnected();
      if (!isClosing(cause)) throw cause;
    } finally {
      this.#isSending = false;
    }
  }
}

/**
 * Within a process ZeroMQ keeps a closed socket, and the process with it, until somebody binds what it
 * was to connect to. Where somebody has, this one is refused.
 */
async function meetOnce(address: string): Promise<void> {
  const anybody = new Router({ linger: 0 });
  try {
    await anybody.bind(address);
  } catch {
    // It is bound: nobody waits for it.
  } finally {
    anybody.close();
  }
}

type Received = (route: Message, parts: readonly Message[]) => void;

export class Listener implements Listening {
  readonly #received: Received;
  readonly #security: SocketSecurity;
  #socket: Router;
  /** Where it listens, also while it is cut and about to listen there again. */
  #address = "";
  #waiting: Message[][] = [];
  #isSending = false;
  #isOver = false;
  #dropped = 0;
  #forget: () => void = () => {};

  private constructor(received: Received, security: SocketSecurity) {
    this.#received = received;
    this.#security = security;
    this.#socket = this.#open();
  }

  /** Fails with `unavailable` when the address cannot be bound. */
  static async bind(
    address: string,
    received: Received,
    security: SocketSecurity,
  ): Promise<Listener> {
    const listener = new Listener(received, security);
    try {
      await listener.#bind(address);
    } catch (cause) {
      listener.close();
      throw cause;
    }
    return listener;
  }

  get address(): string {
    return this.#address;
  }

  /** A socket keeps what has connected, so another takes its place at the same address. */
  async cut(): Promise<void> {
    if (this.#isOver) return;
    this.#forget();
    this.#waiting = [];
    this.#socket.close();
    this.#socket = this.#open();
    const socket = this.#socket;
    await bindAgain(socket, this.#address);
    if (!socket.closed) this.#receive(socket);
  }

  #open(): Router {
    const socket = new Router({
      ...common,
      ...this.#security.listenerOptions(),
      receiveHighWaterMark: 64,
      backlog: 1_024,
      mandatory: true,
      handover: false,
      sendTimeout: 0,
      // Of one part of a message; what is larger comes in chunks.
      maxMessageSize: limits.frameBytesMax + headerBytes,
    });
    // Nobody decides any more who connects: better nobody than anybody.
    this.#forget = this.#security.attend(socket, () => this.close());
    return socket;
  }

  async #bind(address: string): Promise<void> {
    const socket = this.#socket;
    try {
      await socket.bind(address);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const remedy = "stop the process that holds it, or choose another port";
      throw new Failure("unavailable", `cannot listen at ${address} (${reason}): ${remedy}`, cause);
    }
    this.#address = socket.lastEndpoint ?? address;
    this.#receive(socket);
  }

  #receive(socket: Router): void {
    void receiveAll(socket, ([route, ...parts]) => {
      if (route && !this.#isOver) this.#received(route, parts);
    });
  }

  /** Answers that could not be sent: the peer was gone or did not read. It will ask again. */
  get dropped(): number {
    return this.#dropped;
  }

  answer(route: Uint8Array, frame: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#waiting.length >= linkLimits.answersWaitingMax) {
      this.#dropped++;
      return;
    }
    this.#waiting.push([asBuffer(route), asBuffer(frame)]);
    if (!this.#isSending) void this.#sendWaiting();
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waiting = [];
    this.#forget();
    this.#socket.close();
  }

  async #sendWaiting(): Promise<void> {
    this.#isSending = true;
    for (;;) {
      const parts = this.#waiting.shift();
      if (parts === undefined) break;
      try {
        await this.#socket.send(parts);
      } catch {
        // EHOSTUNREACH: that connection is gone. EAGAIN: its peer does not read.
        this.#dropped++;
      }
    }
    this.#isSending = false;
  }
}

/** Reads until the socket closes, and lets the event loop go on after `receiveTurnMs` of frames. */
async function receiveAll(
  socket: Dealer | Router,
  received: (parts: Message[]) => void,
): Promise<void> {
  let turnEndsMs = performance.now() + receiveTurnMs;
  while (!socket.closed) {
    let parts: Message[];
    try {
      parts = await socket.receive();
    } catch (cause) {
      if (socket.closed && isClosing(cause)) return;
      throw cause;
    }
    received(parts);
    const nowMs = performance.now();
    if (nowMs < turnEndsMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    turnEndsMs = performance.now() + receiveTurnMs;
  }
}

const closingCodes: readonly unknown[] = ["EAGAIN", "EBADF", "ENOTSOCK", "ETERM"];

const isClosing = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && closingCodes.includes(cause.code);

const asBuffer = (bytes: Uint8Array): Message =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
