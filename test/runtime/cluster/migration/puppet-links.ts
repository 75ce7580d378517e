// Reliable links between puppets: in order, once, and some of them slow.
import type { PeerMessage } from "#runtime/cluster/migration/peer-message.ts";
import type { ActorCargo, Numbered } from "./migration-actors.ts";

export type Wire = PeerMessage<Numbered, ActorCargo>;

export class PuppetLinks {
  readonly #slowness: number;
  readonly #waiting = new Map<string, Wire[]>();
  /** Links with something on them, `a>b`. */
  readonly busy: string[] = [];

  constructor(slowness: number) {
    this.#slowness = slowness;
  }

  put(link: string, wire: Wire): void {
    for (const each of carried(wire)) each.where = link;
    const waiting = this.#waiting.get(link);
    if (waiting) waiting.push(wire);
    else {
      this.#waiting.set(link, [wire]);
      this.busy.push(link);
    }
  }

  take(link: string): Wire | undefined {
    const waiting = this.#waiting.get(link);
    const wire = waiting?.shift();
    if (waiting?.length === 0) this.drop(link);
    return wire;
  }

  /** All that is on it; afterwards there is nothing. */
  drop(link: string): readonly Wire[] {
    const waiting = this.#waiting.get(link) ?? [];
    this.#waiting.delete(link);
    const index = this.busy.indexOf(link);
    if (index >= 0) this.busy.splice(index, 1);
    return waiting;
  }

  count(link: string): number {
    return this.#waiting.get(link)?.length ?? 0;
  }

  /** A third of the links of every other world, so that long ways are sometimes the quicker ones. */
  isSlow(link: string): boolean {
    let hash = this.#slowness;
    for (let index = 0; index < link.length; index++) {
      hash = (Math.imul(hash, 31) + link.charCodeAt(index)) >>> 0;
    }
    return this.#slowness % 4 < 2 && hash % 3 === 0;
  }
}

/** The messages whose only place this is; those of a transfer are copies. */
export function carried(wire: Wire): readonly Numbered[] {
  const items = wire.kind === "item" ? [wire.item] : wire.kind === "commit" ? wire.gate.held : [];
  const inside = items.flatMap(({ body }) => (body.kind === "message" ? [body.message] : []));
  return wire.kind === "commit" ? [...wire.postFreeze, ...inside] : inside;
}
