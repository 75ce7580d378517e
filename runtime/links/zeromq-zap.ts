// The socket that libzmq asks who may connect (ZAP), and the watch over it.
//
// Three things keep the door shut when this handler is gone: its listeners demand an answer
// (`zapEnforceDomain`; without it libzmq lets everybody in), no listener can be made before the
// handler is bound or after it died, and those that exist are closed with it. Each handler has a
// context of its own, since a context has one such address: nodes of one process do not meet there.
import { Context, type Message, type Publisher, Router } from "zeromq";
import { Failure } from "#protocols/failure.ts";
import type { Log } from "#runtime/core/ports.ts";
import { CurveAccess } from "./curve-access.ts";

/** Where libzmq looks for it, in the context of the listener. */
const zapAddress = "inproc://zeromq.zap.01";
const logPath = "/system/links/zap";

export interface ZapHandlerOptions {
  readonly access: Pick<CurveAccess, "answer" | "domain">;
  readonly log: Log;
}

export class ZapHandler {
  readonly #options: ZapHandlerOptions;
  readonly #context = new Context();
  readonly #socket = new Router({ context: this.#context, linger: 0 });
  readonly #ends = new Set<() => void>();
  #state: "alive" | "closed" | "dead" = "alive";
  #tellDeath: (failure: Failure) => void = () => {};
  /** Resolves when the handler died; never when it was closed. */
  readonly died = new Promise<Failure>((resolve) => {
    this.#tellDeath = resolve;
  });

  private constructor(options: ZapHandlerOptions) {
    this.#options = options;
  }

  /** Bound when it resolves: listeners may be made from then on. */
  static async open(options: ZapHandlerOptions): Promise<ZapHandler> {
    const handler = new ZapHandler(options);
    try {
      await handler.#socket.bind(zapAddress);
    } catch (cause) {
      handler.close();
      throw new Failure("internal", `the handler of keys cannot be bound: ${String(cause)}`, cause);
    }
    void handler.#serve();
    return handler;
  }

  get isAlive(): boolean {
    return this.#state === "alive";
  }

  get domain(): string {
    return this.#options.access.domain;
  }

  /** For listeners. Fails with `unavailable` when the handler is gone. */
  get context(): Context {
    if (this.isAlive) return this.#context;
    const remedy = "start the node anew";
    throw new Failure("unavailable", `nobody decides any more who may connect: ${remedy}`);
  }

  /** `end` closes `listener`; it is called once when the handler ends. The answer forgets it. */
  guard(listener: Router | Publisher, end: () => void): () => void {
    // Held until the listener's last event: collected with that on its way, zeromq.js shuts the
    // context down, the event never comes, and the process waits for it for ever.
    listener.events.on("end", () => void this.#context);
    if (this.isAlive) this.#ends.add(end);
    else end();
    return () => void this.#ends.delete(end);
  }

  close(): void {
    if (this.#state !== "alive") return;
    this.#state = "closed";
    this.#endAll();
  }

  async #serve(): Promise<void> {
    try {
      while (!this.#socket.closed) {
        const [asker, delimiter, ...frames] = await this.#socket.receive();
        if (asker === undefined || delimiter === undefined) continue;
        const reply = this.#answer(frames).map(asBuffer);
        await this.#socket.send([asker, delimiter, ...reply]);
      }
      this.#die("its socket was closed");
    } catch (cause) {
      this.#die(cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  #answer(frames: readonly Message[]): readonly (string | Uint8Array)[] {
    try {
      return this.#options.access.answer(frames);
    } catch (cause) {
      const message = `a stranger was refused because deciding failed: ${String(cause)}`;
      this.#options.log.write("error", logPath, message);
      return CurveAccess.failed(frames);
    }
  }

  #die(seen: string, cause?: unknown): void {
    if (this.#state !== "alive") return;
    this.#state = "dead";
    const text = `nobody decides any more who may connect, so all listeners were closed: ${seen}`;
    this.#options.log.write("error", logPath, text);
    this.#endAll();
    this.#tellDeath(new Failure("unavailable", `${text}: start the node anew`, cause));
  }

  /** Listeners first: at no time is one open without a handler. */
  #endAll(): void {
    const ends = [...this.#ends];
    this.#ends.clear();
    try {
      for (const end of ends) end();
    } finally {
      this.#socket.close();
    }
  }
}

const asBuffer = (frame: string | Uint8Array): Buffer =>
  typeof frame === "string"
    ? Buffer.from(frame)
    : Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
