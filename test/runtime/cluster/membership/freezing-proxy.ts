// A TCP proxy that a test can make swallow one direction or both, as a network does that drops packets
// and tells nobody: connections stand, and nothing comes.
import { connect, createServer, type Server, type Socket } from "node:net";

export type Direction = "to-target" | "to-client";

export class FreezingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #frozen = new Set<Direction>();
  #address = "";

  private constructor(targetPort: number) {
    this.#server = createServer((client) => {
      const target = connect(targetPort, "127.0.0.1");
      this.#carry(client, target, "to-target");
      this.#carry(target, client, "to-client");
    });
  }

  /** Before that address: `tcp://127.0.0.1:port`. */
  static async before(address: string): Promise<FreezingProxy> {
    const proxy = new FreezingProxy(Number(address.split(":").at(-1)));
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    const bound = proxy.#server.address();
    proxy.#address = `tcp://127.0.0.1:${typeof bound === "object" ? bound?.port : 0}`;
    return proxy;
  }

  get address(): string {
    return this.#address;
  }

  freeze(...directions: readonly Direction[]): void {
    for (const direction of directions) this.#frozen.add(direction);
  }

  /** What was swallowed is lost, so that the connections of that time are broken too. */
  thaw(): void {
    this.#frozen.clear();
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #carry(from: Socket, to: Socket, direction: Direction): void {
    this.#sockets.add(from);
    from.on("data", (bytes) => {
      if (!this.#frozen.has(direction)) to.write(bytes);
    });
    from.on("error", () => from.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      // The end of a connection travels as bytes do.
      if (!this.#frozen.has(direction)) to.destroy();
    });
  }
}
