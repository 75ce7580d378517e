// Messages for moving actors that a link has no room for now, by node: they wait here, in their order,
// and go as soon as there is room.
import type { NodeKey } from "#protocols/cluster/migration.ts";
import { migrationLimits } from "#protocols/cluster/migration.ts";
import type { SendOutcome } from "#runtime/core/ports.ts";

export interface WaitingListPorts<T> {
  send(to: NodeKey, item: T): SendOutcome;
  /** It cannot go: nobody of that name, too large, too many wait. */
  failed(to: NodeKey, item: T, why: Exclude<SendOutcome, "accepted">): void;
  /** Calls back after so many milliseconds. */
  later(ms: number, act: () => void): void;
}

/** Milliseconds until a full link is tried again. */
const retryMs = 10;

export class WaitingList<T> {
  readonly #ports: WaitingListPorts<T>;
  readonly #rows = new Map<NodeKey, T[]>();

  constructor(ports: WaitingListPorts<T>) {
    this.#ports = ports;
  }

  get highest(): number {
    let highest = 0;
    for (const row of this.#rows.values()) highest = Math.max(highest, row.length);
    return highest;
  }

  countFor(to: NodeKey): number {
    return this.#rows.get(to)?.length ?? 0;
  }

  send(to: NodeKey, item: T): void {
    const row = this.#rows.get(to);
    if (row !== undefined) {
      if (row.length < migrationLimits.parkedMax) row.push(item);
      else this.#ports.failed(to, item, "link_full");
      return;
    }
    if (this.#wasTaken(to, item)) return;
    this.#rows.set(to, [item]);
    this.#later(to);
  }

  /** What waits for a node that is gone. */
  take(to: NodeKey): readonly T[] {
    const row = this.#rows.get(to) ?? [];
    this.#rows.delete(to);
    return row;
  }

  /** False: there is no room. */
  #wasTaken(to: NodeKey, item: T): boolean {
    const outcome = this.#ports.send(to, item);
    if (outcome === "link_full") return false;
    if (outcome !== "accepted") this.#ports.failed(to, item, outcome);
    return true;
  }

  #later(to: NodeKey): void {
    this.#ports.later(retryMs, () => this.#retry(to));
  }

  #retry(to: NodeKey): void {
    const row = this.#rows.get(to);
    if (!row) return;
    let sent = 0;
    for (let next = row[0]; next !== undefined && this.#wasTaken(to, next); next = row[sent])
      sent += 1;
    row.splice(0, sent);
    if (row.length === 0) {
      this.#rows.delete(to);
      return;
    }
    this.#later(to);
  }
}
