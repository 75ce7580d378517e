// A TCP proxy that a test can make cut its connections, as a bad network would.
import { connect, createServer, type Server, type Socket } from "node:net";

export class CuttingProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #targetPort = 0;

  constructor() {
    this.#server = createServer((client) => {
      const upstream = connect(this.#targetPort, "127.0.0.1");
      const pair = [client, upstream] as const;
      this.#pairs.add(pair);
      for (const [from, to] of [pair, [upstream, client] as const]) {
        from.pipe(to);
        from.on("error", () => from.destroy());
        from.on("close", () => {
          to.destroy();
          this.#pairs.delete(pair);
        });
      }
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const bound = this.#server.address();
    return `tcp://127.0.0.1:${typeof bound === "object" ? bound?.port : 0}`;
  }

  /** `tcp://127.0.0.1:port` */
  forwardTo(address: string): void {
    this.#targetPort = Number(address.split(":").at(-1));
  }

  /** Breaks every connection at once; what is on its way is lost. */
  cut(): number {
    const count = this.#pairs.size;
    for (const socket of [...this.#pairs].flat()) {
      // Node.js never closes what is reset while it is being shut down, and does not end then.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
    return count;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}
