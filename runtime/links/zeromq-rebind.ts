// Binding a socket where another one was closed just now.
import { setTimeout as wait } from "node:timers/promises";

/** The address is free some moments after its socket was closed. */
const rebindMs = 20;
const rebindsMax = 100;

interface Binding {
  readonly closed: boolean;
  bind(address: string): Promise<void>;
}

/** Tries until it is bound or closed; fails as the hundredth attempt does, after some two seconds. */
export async function bindAgain(socket: Binding, address: string): Promise<void> {
  for (let attempt = 1; !socket.closed; attempt += 1) {
    try {
      await socket.bind(address);
      return;
    } catch (cause) {
      if (attempt === rebindsMax) throw cause;
      await wait(rebindMs);
    }
  }
}
