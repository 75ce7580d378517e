// Protocols that this node does not know: refs that speak them can be passed on, watched and compared.
// One value each, because the classes of refs are made once for a protocol.

import { limits } from "#protocols/limits.ts";
import { type Protocol, protocol } from "#protocols/protocol.ts";

const nothing = protocol("troupe.Stranger@1", {});

export class StrangerProtocols {
  readonly #known = new Map<string, Protocol<unknown>>();

  /** Full: the oldest is forgotten, and made anew when it is met again. */
  of(id: string): Protocol<unknown> {
    const known = this.#known.get(id);
    if (known) return known;
    const made: Protocol<unknown> = { ...nothing, id };
    this.#known.set(id, made);
    if (this.#known.size > limits.strangersMax) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    return made;
  }
}
