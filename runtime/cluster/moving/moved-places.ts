// Where moved actors are, as the directory has it: `moved/<identity>`. The entry outlives the node that
// it names, or nobody could compete for its revision; so whoever sees that nobody has claimed the actor
// of a node that is gone removes the entry after a grace. From then on nobody can claim it any more.
import {
  type ActorId,
  isLocationEntry,
  type LocationEntry,
  locationKey,
  migrationLimits,
  type NodeKey,
} from "#protocols/cluster/migration.ts";
import { Failure } from "#protocols/failure.ts";
import type { Directory, Entry } from "#runtime/cluster/directory/directory.ts";
import type { LocationClaim } from "#runtime/cluster/migration/location-claim.ts";
import type { ClaimAnswer } from "#runtime/cluster/migration/peer-message.ts";

export interface MovedPlacesPorts {
  directory(): Directory;
  now(): number;
  /** When that node was removed; undefined while it lives. */
  removedMs(node: NodeKey): number | undefined;
  later(ms: number, act: () => void): void;
}

/** Milliseconds from one look at the entry of a node that is gone to the next. */
const lookAgainMs = 250;
/** Milliseconds in which a copy may be recovered; afterwards the actor is gone with its node. */
const graceMs = 2 * migrationLimits.settleMs;

export class MovedPlaces {
  readonly #ports: MovedPlacesPorts;
  readonly #asked = new Map<ActorId, ((place: LocationEntry | undefined) => void)[]>();

  constructor(ports: MovedPlacesPorts) {
    this.#ports = ports;
  }

  /** Lookups that wait for an answer. */
  get askedCount(): number {
    return this.#asked.size;
  }

  async claim(aid: ActorId, { wanted, expect }: LocationClaim): Promise<ClaimAnswer> {
    const directory = this.#ports.directory();
    const key = locationKey(aid);
    try {
      const { revision } = await directory.put({ key, value: wanted, expect });
      return { kind: "put", revision };
    } catch (error) {
      if (Failure.of(error).code !== "conflict") return { kind: "unknown" };
    }
    try {
      const present = await directory.get(key);
      if (!present) return { kind: "conflict" };
      const { revision } = present;
      return { kind: "conflict", present: { entry: placeIn(present), revision } };
    } catch {
      return { kind: "unknown" };
    }
  }

  /** Calls back with its place on a living node, or with nothing when it is gone. */
  find(aid: ActorId, found: (place: LocationEntry | undefined) => void): void {
    const waiting = this.#asked.get(aid);
    if (waiting) {
      waiting.push(found);
      return;
    }
    this.#asked.set(aid, [found]);
    void this.#look(aid);
  }

  /** The actor has ended: whoever looks for it finds nothing. */
  async ended(aid: ActorId): Promise<void> {
    try {
      await this.#ports.directory().remove({ key: locationKey(aid), expect: "any" });
    } catch {
      this.#ports.later(migrationLimits.settleMs, () => void this.ended(aid));
    }
  }

  /** Removes what nobody has claimed of a node that is gone for long enough. */
  async sweep(node: NodeKey): Promise<void> {
    try {
      const { entries } = await this.#ports.directory().list(locationKey(""));
      for (const entry of entries) {
        if (placeIn(entry).node === node) await this.#remove(entry);
      }
    } catch {
      this.#ports.later(migrationLimits.settleMs, () => void this.sweep(node));
    }
  }

  /** Milliseconds until a node that is gone now may be swept. */
  get graceMs(): number {
    return graceMs;
  }

  async #look(aid: ActorId): Promise<void> {
    const entry = await this.#entryOf(aid);
    if (entry === "unknown") {
      this.#ports.later(migrationLimits.claimRetryMs, () => void this.#look(aid));
      return;
    }
    const place = entry && placeIn(entry);
    const removedMs = place && this.#ports.removedMs(place.node);
    if (entry === undefined || removedMs === undefined) {
      this.#answer(aid, place);
      return;
    }
    if (this.#ports.now() - removedMs >= graceMs) await this.#remove(entry);
    this.#ports.later(lookAgainMs, () => void this.#look(aid));
  }

  async #entryOf(aid: ActorId): Promise<Entry | undefined | "unknown"> {
    try {
      return await this.#ports.directory().get(locationKey(aid));
    } catch {
      return "unknown";
    }
  }

  async #remove({ key, revision }: Entry): Promise<void> {
    try {
      await this.#ports.directory().remove({ key, expect: revision });
    } catch {
      // Somebody has claimed it, or the directory is away: the next look shows which.
    }
  }

  #answer(aid: ActorId, place: LocationEntry | undefined): void {
    const waiting = this.#asked.get(aid) ?? [];
    this.#asked.delete(aid);
    for (const found of waiting) found(place);
  }
}

/** Fails with `corrupt` for an entry that says something else. */
export function placeIn({ key, value }: Entry): LocationEntry {
  if (isLocationEntry(value)) return value;
  const seen = JSON.stringify(value).slice(0, 200);
  throw new Failure("corrupt", `${key} in the directory says ${seen}, which is no place`);
}
