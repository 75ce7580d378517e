// What stands below a prefix of the directory, kept up to date: listed when the directory says so,
// then changed by what it tells. Whoever looks gets each entry once as it comes and as it goes,
// whatever was missed in between.

import { directoryLimits } from "#protocols/cluster/directory-limits.ts";
import { sleepUntil } from "#runtime/core/sleep.ts";
import type { Change, Directory, Entry, Listing, Revision } from "./directory.ts";
import { retryMs, type WaitingPorts } from "./patient-call.ts";

export interface ViewListener {
  /** A new entry, or a new revision of one. */
  put(entry: Entry): void;
  removed(entry: Entry): void;
  /** What stood there when it was listed has been told. */
  listed?(): void;
}

export class DirectoryView {
  readonly #directory: Directory;
  readonly #prefix: string;
  readonly #ports: WaitingPorts;
  readonly #listener: ViewListener;
  readonly #entries = new Map<string, Entry>();
  readonly #unwatch: () => void;
  readonly #closing = new AbortController();
  /** Told while a listing is on its way; undefined when none is. */
  #early: Change[] | undefined;
  #listings = 0;

  constructor(directory: Directory, prefix: string, ports: WaitingPorts, listener: ViewListener) {
    this.#directory = directory;
    this.#prefix = prefix;
    this.#ports = ports;
    this.#listener = listener;
    this.#unwatch = directory.watch(prefix, {
      lost: () => void this.#list(),
      changed: (changes) => this.#changed(changes),
    });
  }

  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  /** Nothing is told any more. */
  close(): void {
    this.#closing.abort();
    this.#unwatch();
  }

  async #list(): Promise<void> {
    this.#listings += 1;
    const listing = this.#listings;
    this.#early = [];
    for (let failures = 0; this.#isOpen && listing === this.#listings; failures += 1) {
      try {
        const found = await this.#directory.list(this.#prefix);
        if (this.#isOpen && listing === this.#listings) this.#listed(found);
        return;
      } catch {
        // The directory is away, which its watch will not tell: it is asked until it is back.
        const dueMs = this.#ports.clock.now() + retryMs(failures);
        await sleepUntil(this.#ports.timers, dueMs, this.#closing.signal).catch(() => {});
      }
    }
  }

  get #isOpen(): boolean {
    return !this.#closing.signal.aborted;
  }

  #listed({ entries, revision }: Listing): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    const keys = new Set(entries.map(({ key }) => key));
    for (const known of [...this.#entries.values()]) {
      if (!keys.has(known.key)) this.#remove(known, revision);
    }
    for (const entry of entries) this.#put(entry);
    this.#changed(early.filter((change) => change.revision > revision));
    if (this.#isOpen) this.#listener.listed?.();
  }

  #changed(changes: readonly Change[]): void {
    if (this.#early) {
      this.#early.push(...changes);
      // More than a directory remembers itself: what is being listed is of no use any more.
      if (this.#early.length > directoryLimits.changesKeptMax) void this.#list();
      return;
    }
    for (const change of changes) {
      if (change.kind === "put") this.#put(change.entry);
      else this.#remove(change.entry, change.revision);
    }
  }

  /** What is as new already was listed before it was told. */
  #put(entry: Entry): void {
    const known = this.#entries.get(entry.key);
    if (!this.#isOpen || (known && known.revision >= entry.revision)) return;
    this.#entries.set(entry.key, entry);
    this.#listener.put(entry);
  }

  #remove({ key }: Entry, revision: Revision): void {
    const known = this.#entries.get(key);
    if (!this.#isOpen || !known || known.revision > revision) return;
    this.#entries.delete(key);
    this.#listener.removed(known);
  }
}
