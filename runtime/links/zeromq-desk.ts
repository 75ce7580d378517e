// A desk that strangers ask by ZeroMQ: one ROUTER socket that REQ and DEALER sockets of any language
// connect to. Nothing here knows what is asked.
//
//   in   [route] [frames of the client's own …] [body]       with REQ the one frame between is empty
//   out  [route] [the same frames                ] [body]
//
// Answers wait in a queue of our own, one send at a time; a client that is gone or does not read loses
// its answer, which is counted. Sockets live on the main thread only.
//
// libzmq bounds one frame, not the number of them: a message of many frames is in memory before anybody
// can look at it. What is too much of it goes no further than here: neither its body nor its frames are kept.
import { type Message, Router } from "zeromq";
import { errorMessage } from "#protocols/error-text.ts";
import { Failure } from "#protocols/failure.ts";
import { bindAgain } from "./zeromq-rebind.ts";
import { plainSockets, type SocketSecurity } from "./zeromq-security.ts";

/** A message and the way back. */
export interface Asked {
  /** Of its connection: the same for all that comes over it. */
  readonly client: string;
  /** Empty when the message had no body. */
  readonly body: Uint8Array;
  /** In the message, the body and the client's own included. */
  readonly frames: number;
  /** Of all frames together. */
  readonly bytes: number;
  /** It has more frames, or more bytes before its body, than may be: the body is left out. */
  readonly isExcessive: boolean;
  /** Once. The frames before the body come first again, of an excessive message as many as may be. */
  answer(body: Uint8Array): void;
}

export interface DeskOptions {
  /** `tcp://127.0.0.1:7650`, with `*` for any free port, or `ipc:///path`. */
  readonly address: string;
  /** Of one frame; ZeroMQ ends the connection of who sends more. */
  readonly frameBytesMax: number;
  /** Of one message, the body included. */
  readonly framesMax: number;
  /** Of the frames before the body together. */
  readonly envelopeBytesMax: number;
  /** Answers that wait for their clients to read, and their bytes; more are dropped. */
  readonly answersWaitingMax: number;
  readonly answersWaitingBytesMax: number;
  /** Who may connect. Default: whoever reaches the address. */
  readonly security?: SocketSecurity;
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
  #socket: Router;
  #address: string;
  #forget: () => void = () => {};
  #waiting: Message[][] = [];
  #waitingBytes = 0;
  #isSending = false;
  #isOver = false;

  private constructor(options: DeskOptions) {
    this.#options = options;
    this.#address = options.address;
    this.#socket = this.#opened();
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
    desk.#address = desk.#socket.lastEndpoint ?? options.address;
    void desk.#receive(desk.#socket);
    return desk;
  }

  /** With the port that was chosen for `*`. */
  get address(): string {
    return this.#address;
  }

  /** Ends every connection; those who still may, connect again. Their answers that wait are dropped. */
  async renew(): Promise<void> {
    if (this.#isOver) return;
    this.#shut(this.#socket);
    const socket = this.#opened();
    this.#socket = socket;
    try {
      await bindAgain(socket, this.#address);
    } catch (cause) {
      this.#fail(cause);
      return;
    }
    if (socket === this.#socket) void this.#receive(socket);
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#shut(this.#socket);
  }

  #opened(): Router {
    const { frameBytesMax, security = plainSockets } = this.#options;
    const socket = new Router({
      linger: lingerMs,
      ipv6: false,
      handshakeInterval: 2_000,
      sendHighWaterMark: 64,
      receiveHighWaterMark: 64,
      sendTimeout: 0,
      backlog: 128,
      mandatory: true,
      handover: false,
      maxMessageSize: frameBytesMax,
      tcpKeepalive: 1,
      tcpKeepaliveIdle: 30,
      tcpKeepaliveInterval: 10,
      tcpKeepaliveCount: 3,
      ...security.listenerOptions(),
    });
    this.#forget = security.attend(socket, () => this.#fail("nobody decides who may connect"));
    return socket;
  }

  #shut(socket: Router): void {
    this.#forget();
    socket.close();
  }

  #fail(cause: unknown): void {
    if (this.#isOver) return;
    this.close();
    const seen = typeof cause === "string" ? cause : errorMessage(cause);
    const text = `the socket of the desk failed: ${seen}`;
    this.#options.failed(new Failure("unavailable", text, cause));
  }

  async #receive(socket: Router): Promise<void> {
    try {
      for (let count = 1; !socket.closed; count += 1) {
        this.#take(await socket.receive());
        if (count % turnMessagesMax === 0) await new Promise((next) => setImmediate(next));
      }
    } catch (cause) {
      if (socket === this.#socket) this.#fail(cause);
    }
  }

  #take(parts: readonly Message[]): void {
    const [route, ...rest] = parts;
    if (route === undefined || this.#isOver) return;
    const { framesMax, envelopeBytesMax } = this.#options;
    const before = rest.slice(0, -1);
    const echoed = leading(before, { framesMax: framesMax - 1, bytesMax: envelopeBytesMax });
    const isExcessive = echoed.length < before.length;
    const body = isExcessive ? undefined : rest.at(-1);
    let isAnswered = false;
    this.#options.asked({
      client: route.toString("hex"),
      body: body ?? new Uint8Array(),
      frames: rest.length,
      bytes: bytesIn(rest),
      isExcessive,
      answer: (answer) => {
        if (isAnswered) return;
        isAnswered = true;
        const last = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
        this.#send([route, ...echoed, last]);
      },
    });
  }

  #send(parts: Message[]): void {
    const { answersWaitingMax, answersWaitingBytesMax } = this.#options;
    const bytes = this.#waitingBytes + bytesIn(parts);
    const isFull = this.#waiting.length >= answersWaitingMax || bytes > answersWaitingBytesMax;
    if (this.#isOver || isFull) {
      this.#options.dropped();
      return;
    }
    this.#waitingBytes = bytes;
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
      this.#waitingBytes -= bytesIn(parts);
    }
    this.#isSending = false;
  }
}

const bytesIn = (frames: readonly Message[]): number =>
  frames.reduce((sum, { byteLength }) => sum + byteLength, 0);

/** As many from the front as may be. */
function leading(
  frames: readonly Message[],
  { framesMax, bytesMax }: { readonly framesMax: number; readonly bytesMax: number },
): readonly Message[] {
  let bytes = 0;
  for (const [index, frame] of frames.entries()) {
    bytes += frame.byteLength;
    if (index >= framesMax || bytes > bytesMax) return frames.slice(0, index);
  }
  return frames;
}
