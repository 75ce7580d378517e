// The last changes of the directory, for those who follow: whoever knows a revision is told what came
// after it, or that it is forgotten already.
import type { Change, Revision } from "#protocols/cluster/directory-data.ts";
import { directoryLimits } from "#protocols/cluster/directory-limits.ts";
import type { Followed, FollowRequest } from "#protocols/cluster/directory-protocol.ts";
import { entryBytes } from "./directory-table.ts";

interface KeptChange {
  readonly change: Change;
  readonly bytes: number;
}

export class KeptChanges {
  #kept: KeptChange[] = [];
  #bytes = 0;
  /** Of the newest change that is not kept any more. */
  #forgotten: Revision;
  #newest: Revision;

  constructor(revision: Revision) {
    this.#forgotten = revision;
    this.#newest = revision;
  }

  get newest(): Revision {
    return this.#newest;
  }

  add(changes: readonly Change[]): void {
    for (const change of changes) {
      const bytes = entryBytes(change.entry);
      this.#kept.push({ change, bytes });
      this.#bytes += bytes;
      this.#newest = change.revision;
    }
    this.#forget();
  }

  /** What came after; `changes` may be none. Changes beyond one answer come with the next. */
  after({ after, prefixes }: FollowRequest): Followed {
    if (after === undefined) return { kind: "changes", changes: [], revision: this.#newest };
    if (after < this.#forgotten || after > this.#newest) {
      return { kind: "lost", revision: this.#newest };
    }
    const changes: Change[] = [];
    let sent = 0;
    for (let at = this.#placeAfter(after); at < this.#kept.length; at += 1) {
      const kept = this.#kept[at];
      if (!kept || !concerns(kept.change, prefixes)) continue;
      sent += kept.bytes;
      const isFull = changes.length >= directoryLimits.answerEntriesMax;
      if (changes.length > 0 && (isFull || sent > directoryLimits.answerBytesMax)) {
        return { kind: "changes", changes, revision: changes.at(-1)?.revision ?? after };
      }
      changes.push(kept.change);
    }
    return { kind: "changes", changes, revision: this.#newest };
  }

  #forget(): void {
    const { changesBytesMax, changesKeptMax } = directoryLimits;
    let count = 0;
    while (this.#kept.length - count > changesKeptMax || this.#bytes > changesBytesMax) {
      const oldest = this.#kept[count];
      if (!oldest) break;
      this.#bytes -= oldest.bytes;
      this.#forgotten = oldest.change.revision;
      count += 1;
    }
    if (count > 0) this.#kept.splice(0, count);
  }

  /** Of the first one with a higher revision. */
  #placeAfter(revision: Revision): number {
    let low = 0;
    let high = this.#kept.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#kept[middle]?.change.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Without prefixes every change does. */
export const concerns = ({ entry }: Change, prefixes: readonly string[]): boolean =>
  prefixes.length === 0 || prefixes.some((prefix) => entry.key.startsWith(prefix));
