// A desk that strangers ask by ZeroMQ: one ROUTER socket that REQ and DEALER sockets of any language
// connect to. Nothing here knows what is asked.
//
//   in   [route] [frames of the client's own …] [body]       with REQ the one frame between is empty
//   out  [route] [the same frames                ] [body]
//
// Answers wait in a queue of our own, one send at a time; a client that is gone or does not read loses
// its answer, which is counted. Sockets live on the main thread only.
import { type Message, Router } from "zeromq";
import { errorMessage } from "#protocols/error-text.ts";
import { Failure } from "#protocols/failure.ts";

/** A message and the way back. */
export interface Asked {
  /** Of its connection: the same for all that comes over it. */
  readonly client: string;
  /** Empty when the message had no body. */
  readonly body: Uint8Array;
  /** In the message, the body and the client's own included. */
  readonly frames: number;
  /** Once. */
  answer(body: Uint8Array): void;
}

export interface DeskOptions {
  /** `tcp://127.0.0.1:7650`, with `*` for any free port, or `ipc:///path`. */
  readonly address: string;
  /** Of one frame; ZeroMQ ends the connection of who sends more. */
  readonly frameBytesMax: number;
  /** Answers that wait for their clients to read; more are dropped. */
  readonly answersWaitingMax: number;
  asked(asked: Asked): void;
  dropped(): void;
  /** The socket failed; the desk is closed. */
  failed(failure: Failure): void;
}

/** So long a closing desk still sends what was answered. */
const lingerMs = 500;
/** Messages read before the event loop gets its turn. */
const turnMessagesMax = 64;

export class ZeromqDesk {
  readonly #options: DeskOptions;
  readonly #socket: Router;
  #waiting: Message[][] = [];
  #isSending = false;
  #isOver = false;

  private constructor(options: DeskOptions) {
    this.#options = options;
    this.#socket = new Router({
      linger: lingerMs,
      ipv6: false,
      handshakeInterval: 2_000,
      sendHighWaterMark: 64,
      receiveHighWaterMark: 64,
      sendTimeout: 0,
      backlog: 128,
      mandatory: true,
      handover: false,
      maxMessageSize: options.frameBytesMax,
      tcpKeepalive: 1,
      tcpKeepaliveIdle: 30,
      tcpKeepaliveInterval: 10,
      tcpKeepaliveCount: 3,
    });
  }

  /** Fails with `unavailable` when the address cannot be bound. */
  static async bind(options: DeskOptions): Promise<ZeromqDesk> {
    const desk = new ZeromqDesk(options);
    try {
      await desk.#socket.bind(options.address);
    } catch (cause) {
      desk.close();
      const remedy = "stop the process that holds it, or choose another port";
      const text = `cannot be asked at ${options.address} (${errorMessage(cause)}): ${remedy}`;
      throw new Failure("unavailable", text, cause);
    }
    void desk.#receive();
    return desk;
  }

  /** With the port that was chosen for `*`. */
  get address(): string {
    return this.#socket.lastEndpoint ?? this.#options.address;
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.close();
  }

  async #receive(): Promise<void> {
    const socket = this.#socket;
    try {
      for (let count = 1; !this.#isOver; count += 1) {
        this.#take(await socket.receive());
        if (count % turnMessagesMax === 0) await new Promise((next) => setImmediate(next));
      }
    } catch (cause) {
      if (this.#isOver) return;
      this.close();
      const text = `the socket of the desk failed: ${errorMessage(cause)}`;
      this.#options.failed(new Failure("unavailable", text, cause));
    }
  }

  #take(parts: readonly Message[]): void {
    const [route, ...rest] = parts;
    if (route === undefined || this.#isOver) return;
    const envelope = [route, ...rest.slice(0, -1)];
    let isAnswered = false;
    this.#options.asked({
      client: route.toString("hex"),
      body: rest.at(-1) ?? new Uint8Array(),
      frames: rest.length,
      answer: (body) => {
        if (isAnswered) return;
        isAnswered = true;
        this.#send([...envelope, Buffer.from(body.buffer, body.byteOffset, body.byteLength)]);
      },
    });
  }

  #send(parts: Message[]): void {
    if (this.#isOver || this.#waiting.length >= this.#options.answersWaitingMax) {
      this.#options.dropped();
      return;
    }
    this.#waiting.push(parts);
    if (!this.#isSending) void this.#sendWaiting();
  }

  async #sendWaiting(): Promise<void> {
    this.#isSending = true;
    for (let parts = this.#waiting.shift(); parts; parts = this.#waiting.shift()) {
      try {
        await this.#socket.send(parts);
      } catch {
        // EHOSTUNREACH: that connection is gone. EAGAIN: its client does not read.
        this.#options.dropped();
      }
    }
    this.#isSending = false;
  }
}
