// A store in memory: what every store means, in its shortest form. For tests, and for actors whose
// state need only outlive their crashes.
import {
  CalledPersistence,
  type StoreAnswer,
  type StoreCaller,
} from "#runtime/persistence/called-persistence.ts";
import type {
  Claim,
  Journal,
  Persistence,
  SnapshotStore,
  StoredRow,
} from "#runtime/persistence/journal.ts";
import { checkNewest, checkOwner, checkVersion } from "#runtime/persistence/ownership-check.ts";
import { persistenceLimits } from "#runtime/persistence/persistence-limits.ts";
import type { StoreCall } from "#runtime/persistence/store-call.ts";

interface Kept {
  fence: number;
  version: number;
  events: StoredRow[];
  /** In the order of their sequences. */
  snapshots: readonly StoredRow[];
}

type CallOf<K extends StoreCall["kind"]> = Extract<StoreCall, { kind: K }>;

export class MemoryPersistence implements Persistence {
  readonly journal: Journal;
  readonly snapshots: SnapshotStore;

  constructor() {
    const { journal, snapshots } = new CalledPersistence(new MemoryStore());
    this.journal = journal;
    this.snapshots = snapshots;
  }
}

class MemoryStore implements StoreCaller {
  readonly #kept = new Map<string, Kept>();

  call<C extends StoreCall>(call: C): Promise<StoreAnswer<C>> {
    return new Promise((resolve) => {
      // `perform` answers each call as its kind promises, which its own type cannot say.
      const door: { put(answer: unknown): void } = { put: resolve };
      door.put(this.#perform(call));
    });
  }

  #perform(call: StoreCall): StoreAnswer {
    const kept = this.#kept.get(call.persistenceId) ?? unclaimed();
    switch (call.kind) {
      case "claim":
        return this.#claim(call.persistenceId, kept);
      case "read":
        return page(kept.events, call);
      case "load":
        return kept.snapshots.at(-1);
      case "append":
        return append(kept, call);
      case "save":
        return save(kept, call);
      case "forget-events":
        checkOwner(call, kept.fence);
        kept.events = kept.events.filter((row) => row.sequence > call.upTo);
        return undefined;
      case "forget-snapshots":
        checkOwner(call, kept.fence);
        kept.snapshots = kept.snapshots.filter((row) => row.sequence > call.upTo);
        return undefined;
    }
  }

  #claim(persistenceId: string, kept: Kept): Claim {
    this.#kept.set(persistenceId, kept);
    kept.fence += 1;
    return { persistenceId, fence: kept.fence, version: kept.version };
  }
}

const unclaimed = (): Kept => ({ fence: 0, version: 0, events: [], snapshots: [] });

function append(kept: Kept, call: CallOf<"append">): number {
  checkOwner(call, kept.fence);
  checkVersion(call, kept.version);
  for (const event of call.events) {
    kept.version += 1;
    kept.events.push({ ...event, sequence: kept.version });
  }
  return kept.version;
}

function save(kept: Kept, call: CallOf<"save">): undefined {
  checkOwner(call, kept.fence);
  checkNewest(call, kept.snapshots.at(-1)?.sequence ?? 0);
  const { sequence, schemaVersion, bytes } = call;
  const others = kept.snapshots.filter((row) => row.sequence !== sequence);
  kept.snapshots = [...others, { sequence, schemaVersion, bytes }];
  return undefined;
}

function page(events: readonly StoredRow[], call: CallOf<"read">): readonly StoredRow[] {
  const { pageEventsMax, pageBytesMax } = persistenceLimits;
  const limit = Math.min(call.limit, pageEventsMax);
  const rows = events.filter((row) => row.sequence > call.after).slice(0, limit);
  let bytes = 0;
  const end = rows.findIndex((row, index) => {
    bytes += row.bytes.byteLength;
    return index > 0 && bytes > pageBytesMax;
  });
  return end === -1 ? rows : rows.slice(0, end);
}
