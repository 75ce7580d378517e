// The lanes of a queue in Redis, in the order of their first tasks. Each is a sorted set of its own, so a
// look at all lanes of a kind costs with their number; what is asked of the server is asked once, and what
// a lane's text says is read once.
import { ReadyLanes, type WorkKind } from "../ready-lanes.ts";
import type { Keyspace } from "./keyspace.ts";
import type { StoreKeys } from "./redis-store-keys.ts";
import { readyEntryOf } from "./task-places.ts";

export interface LaneParts {
  readonly keyspace: Pick<Keyspace, "hash" | "first">;
  readonly keys: Pick<StoreKeys, "needs" | "ready">;
}

export class RedisLanes {
  readonly #parts: LaneParts;
  /** By queue. Brought up to date by each look. */
  readonly #known = new Map<string, ReadyLanes>();
  /** By queue and needs, the name of the lane's index. */
  readonly #keys = new Map<string, Map<string, string>>();

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  kinds(queue: string): readonly WorkKind[] {
    return this.#look(queue).kinds;
  }

  first(queue: string, kind: string, max: number): readonly string[] {
    return this.#look(queue).first(kind, max);
  }

  /** Only what has changed since the last look is put in order anew. */
  #look(queue: string): ReadyLanes {
    const { keys, keyspace } = this.#parts;
    const waiting = keyspace.hash(keys.needs(queue));
    const lanes = this.#known.get(queue) ?? new ReadyLanes();
    const names = this.#keys.get(queue) ?? new Map<string, string>();
    this.#known.set(queue, lanes);
    this.#keys.set(queue, names);
    for (const needs of names.keys()) {
      if (waiting.has(needs)) continue;
      names.delete(needs);
      lanes.headed(needs, undefined);
    }
    for (const needs of waiting.keys()) {
      const key = names.get(needs) ?? keys.ready(queue, needs);
      names.set(needs, key);
      const [head] = keyspace.first(key, 1);
      lanes.headed(needs, head && readyEntryOf(head));
    }
    return lanes;
  }
}
