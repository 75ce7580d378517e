// A line through this process that can be cut: nothing passes and nobody can connect, until it is healed
// at the same port.
import { connect, createServer, type Server, type Socket } from "node:net";

export class CutLine {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #targetPort = 0;

  constructor() {
    this.#server = createServer((client) => {
      const target = connect(this.#targetPort, "127.0.0.1");
      for (const [from, to] of [
        [client, target],
        [target, client],
      ] as const) {
        this.#sockets.add(from);
        from.setNoDelay(true);
        from.pipe(to);
        from.on("error", () => from.destroy());
        from.on("close", () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
    });
  }

  /** Answers the address of its near end. */
  async open(): Promise<string> {
    await this.heal();
    return `tcp://127.0.0.1:${this.#port}`;
  }

  /** `tcp://127.0.0.1:port` */
  leadTo(address: string): void {
    this.#targetPort = Number(address.split(":").at(-1));
  }

  cut(): void {
    this.#server.close();
    for (const socket of this.#sockets) {
      // Node.js never closes what is reset while it is being shut down, and does not end then.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  async heal(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, "127.0.0.1", resolve));
    const bound = this.#server.address();
    if (typeof bound === "object" && bound !== null) this.#port = bound.port;
  }
}

/** Both lines between two processes at a time. */
export const together = (lines: readonly CutLine[]) => ({
  cut: (): void => {
    for (const line of lines) line.cut();
  },
  heal: async (): Promise<void> => {
    await Promise.all(lines.map((line) => line.heal()));
  },
});
