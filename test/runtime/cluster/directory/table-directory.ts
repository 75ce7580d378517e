// The table as a directory of its own: no actor, no wire, a clock that is set by hand.
import type {
  Change,
  Directory,
  DirectoryListener,
  Entry,
  Listing,
  Opened,
  OpenRequest,
  PlainValue,
  PutRequest,
  RemoveRequest,
  SessionId,
} from "#runtime/cluster/directory/directory.ts";
import { DirectoryTable } from "#runtime/cluster/directory/directory-table.ts";

interface Watch {
  readonly prefix: string;
  readonly listener: DirectoryListener;
}

export class TableDirectory implements Directory {
  nowMs = 0;
  readonly #kept = new Map<string, { readonly key: string; readonly value: PlainValue }>();
  readonly #watches = new Set<Watch>();
  #changes: Change[] = [];
  #openings = 0;
  #table = this.#load([]);

  async open(request: OpenRequest): Promise<Opened> {
    this.#openings += 1;
    const attempt = String(this.#openings);
    return this.#do(() => this.#table.open({ ...request, attempt }, this.nowMs));
  }

  async renew(session: SessionId, news: { readonly state?: PlainValue } = {}) {
    return this.#do(() => this.#table.renew({ session, ...news }, this.nowMs));
  }

  async close(session: SessionId): Promise<void> {
    this.#do(() => this.#table.close(session, this.nowMs));
  }

  async put(request: PutRequest): Promise<Entry> {
    return this.#do(() => this.#table.put(request, this.nowMs));
  }

  async remove(request: RemoveRequest): Promise<boolean> {
    return this.#do(() => this.#table.remove(request, this.nowMs));
  }

  async get(key: string): Promise<Entry | undefined> {
    return this.#do(() => this.#table.get(key, this.nowMs));
  }

  async list(prefix: string): Promise<Listing> {
    return this.#do(() => {
      const entries: Entry[] = [];
      for (let after = ""; ; ) {
        const page = this.#table.list({ prefix, after }, this.nowMs);
        entries.push(...page.entries);
        if (page.more === undefined) return { entries, revision: page.revision };
        after = page.more;
      }
    });
  }

  watch(prefix: string, listener: DirectoryListener): () => void {
    const watch = { prefix, listener };
    void Promise.resolve().then(() => {
      this.#watches.add(watch);
      listener.lost();
    });
    return () => this.#watches.delete(watch);
  }

  /** What an alarm would do. */
  look(): void {
    this.#do(() => this.#table.expire(this.nowMs));
  }

  restart(): void {
    this.#table = this.#load([...this.#kept.values()]);
  }

  #load(rows: readonly { readonly key: string; readonly value: PlainValue }[]): DirectoryTable {
    return new DirectoryTable(
      {
        keep: ({ key, value }) => {
          if (value === undefined) this.#kept.delete(key);
          else this.#kept.set(key, { key, value });
        },
        changed: (change) => this.#changes.push(change),
      },
      { rows, revision: 0, nowMs: this.nowMs },
    );
  }

  #do<T>(act: () => T): T {
    try {
      return act();
    } finally {
      const changes = this.#changes;
      this.#changes = [];
      for (const { prefix, listener } of this.#watches) {
        const told = changes.filter(({ entry }) => entry.key.startsWith(prefix));
        if (told.length > 0) listener.changed(told);
      }
    }
  }
}
