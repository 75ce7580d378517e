// One request for all watches of a node: it asks for the changes after the newest one it knows, and
// waits until there are some. A directory that is away, or starts anew, is asked again from there.
//
//   watch ──► lost (list anew) ──► changed, changed, … ──► lost, when changes were forgotten meanwhile
//
// An answer counts only when it was asked for on behalf of all present watches; so a request is given up
// for a new one when somebody watches what it does not ask for, and else goes on, whoever comes and goes.
import type { Revision } from "#protocols/cluster/directory-data.ts";
import { checkKey } from "#protocols/cluster/directory-data.ts";
import { directoryLimits } from "#protocols/cluster/directory-limits.ts";
import type { Followed, FollowRequest } from "#protocols/cluster/directory-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import { sleepUntil } from "#runtime/core/sleep.ts";
import type { DirectoryListener } from "./directory.ts";
import { concerns } from "./kept-changes.ts";
import { retryMs, type WaitingPorts } from "./patient-call.ts";

export interface FeedPorts extends WaitingPorts {
  follow(request: FollowRequest, signal: AbortSignal): Promise<Followed>;
  /** A listener threw: the others hear all the same. */
  complain(failure: Failure): void;
}

interface Watch {
  readonly prefix: string;
  readonly listener: DirectoryListener;
  /** It was told to list: from then on it is told of changes. */
  isTold: boolean;
}

export class ChangeFeed {
  readonly #ports: FeedPorts;
  readonly #watches = new Set<Watch>();
  #position: Revision | undefined;
  /** The request in progress; undefined while nobody watches. */
  #asking: { readonly for: FollowRequest; readonly given: AbortController } | undefined;

  constructor(ports: FeedPorts) {
    this.#ports = ports;
  }

  watch(prefix: string, listener: DirectoryListener): () => void {
    checkKey(prefix, "prefix");
    if (this.#watches.size >= directoryLimits.watchesMax) {
      const text = `this node watches the directory ${this.#watches.size} times already; end some`;
      throw new Failure("directory_full", text);
    }
    const watch: Watch = { prefix, listener, isTold: false };
    this.#watches.add(watch);
    if (!this.#asking) void this.#run();
    else if (!covers(this.#asking.for, prefix)) this.#asking.given.abort();
    // Never within the call: whoever watches has not yet what it returns.
    if (this.#position !== undefined) void Promise.resolve().then(() => this.#tellToList(watch));
    return () => {
      if (this.#watches.delete(watch) && this.#watches.size === 0) this.#asking?.given.abort();
    };
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (this.#watches.size > 0) {
      const given = new AbortController();
      const { signal } = given;
      const request = this.#request();
      this.#asking = { for: request, given };
      try {
        const followed = await this.#ports.follow(request, signal);
        failures = 0;
        if (!signal.aborted) this.#heard(followed);
      } catch {
        if (signal.aborted) continue;
        const dueMs = this.#ports.clock.now() + retryMs(failures);
        failures += 1;
        await sleepUntil(this.#ports.timers, dueMs, signal).catch(() => {});
      }
    }
    this.#asking = undefined;
    // Who watches next begins anew: what happens meanwhile is nobody's concern.
    this.#position = undefined;
  }

  #request(): FollowRequest {
    const all = [...new Set([...this.#watches].map(({ prefix }) => prefix))];
    const prefixes = all.length > directoryLimits.prefixesMax || all.includes("") ? [] : all.sort();
    return this.#position === undefined ? { prefixes } : { after: this.#position, prefixes };
  }

  #heard(followed: Followed): void {
    this.#position = followed.revision;
    for (const watch of [...this.#watches]) {
      if (followed.kind === "lost" || !watch.isTold) {
        watch.isTold = false;
        this.#tellToList(watch);
        continue;
      }
      const changes = followed.changes.filter((change) => concerns(change, [watch.prefix]));
      if (changes.length > 0) this.#tell(watch, ({ listener }) => listener.changed(changes));
    }
  }

  #tellToList(watch: Watch): void {
    if (watch.isTold) return;
    watch.isTold = true;
    this.#tell(watch, ({ listener }) => listener.lost());
  }

  #tell(watch: Watch, act: (watch: Watch) => void): void {
    if (!this.#watches.has(watch)) return;
    try {
      act(watch);
    } catch (error) {
      const text = `who watches ${watch.prefix} in the directory threw`;
      this.#ports.complain(new Failure("internal", text, error));
    }
  }
}

const covers = ({ prefixes }: FollowRequest, prefix: string): boolean =>
  prefixes.length === 0 || prefixes.some((asked) => prefix.startsWith(asked));
