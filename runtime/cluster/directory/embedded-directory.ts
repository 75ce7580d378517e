// The directory as each node uses it when an actor of the director node keeps it: asks by its
// well-known path, whichever life of the director answers.
import type { Ref } from "#protocols/actor-ref.ts";
import { directoryLimits } from "#protocols/cluster/directory-limits.ts";
import { DirectoryService, directoryPath } from "#protocols/cluster/directory-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { ChangeFeed } from "./change-feed.ts";
import type {
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
} from "./directory.ts";
import { isOwnEntry } from "./own-entry.ts";
import { patiently } from "./patient-call.ts";
import { SharedListings } from "./shared-listings.ts";

export class EmbeddedDirectory implements Directory {
  readonly #system: ActorSystem;
  readonly #director: string;
  readonly #withinMs: number;
  readonly #feed: ChangeFeed;
  readonly #listings = new SharedListings((prefix) => this.#list(prefix));
  #openings = 0;

  /** Calls wait `withinMs` for a director that is away. */
  constructor(
    system: ActorSystem,
    director: string,
    withinMs: number = directoryLimits.callMsDefault,
  ) {
    this.#system = system;
    this.#director = director;
    this.#withinMs = withinMs;
    const { clock, log, timers } = system;
    this.#feed = new ChangeFeed({
      clock,
      timers,
      follow: (request, signal) => {
        const within = 2 * directoryLimits.followMsMax;
        return this.#service({ within, signal }).follow(request);
      },
      complain: ({ code, detail }) => log.write("error", "/", detail, { code }),
    });
  }

  async open(request: OpenRequest): Promise<Opened> {
    const { clock, random } = this.#system;
    this.#openings += 1;
    const attempt = `${this.#openings}.${clock.wall()}.${random.next()}`;
    const answer = await this.#ask((service) => service.open({ ...request, attempt }));
    // Said here, for among asks it means that the director is gone.
    if (answer.kind === "refused") throw new Failure("node_down", answer.detail);
    const { revision, ttlMs } = answer;
    return { revision, ttlMs };
  }

  renew(
    session: SessionId,
    news: { readonly state?: PlainValue } = {},
  ): Promise<{ readonly ttlMs: number }> {
    return this.#ask((service) => service.renew({ session, ...news }));
  }

  async close(session: SessionId): Promise<void> {
    await this.#ask((service) => service.close(session));
  }

  put(request: PutRequest): Promise<Entry> {
    return this.#ask(async (service, isRepeated) => {
      try {
        return await service.put(request);
      } catch (error) {
        const failure = Failure.of(error);
        if (!isRepeated || failure.code !== "conflict") throw failure;
        // The earlier attempt may have been done, and its answer lost.
        const present = await service.get(request.key);
        if (present && isOwnEntry(request, present)) return present;
        throw failure;
      }
    });
  }

  remove(request: RemoveRequest): Promise<boolean> {
    return this.#ask((service) => service.remove(request));
  }

  get(key: string): Promise<Entry | undefined> {
    return this.#ask((service) => service.get(key));
  }

  list(prefix: string): Promise<Listing> {
    return this.#listings.list(prefix);
  }

  watch(prefix: string, listener: DirectoryListener): () => void {
    return this.#feed.watch(prefix, listener);
  }

  async #list(prefix: string): Promise<Listing> {
    const first = await this.#ask((service) => service.list({ prefix }));
    const entries = [...first.entries];
    for (let more = first.more; more !== undefined; ) {
      const after = more;
      const page = await this.#ask((service) => service.list({ prefix, after }));
      entries.push(...page.entries);
      more = page.more;
    }
    return { entries, revision: first.revision };
  }

  #ask<T>(act: (service: Ref<DirectoryService>, isRepeated: boolean) => Promise<T>): Promise<T> {
    return patiently(this.#system, this.#withinMs, (within, isRepeated) =>
      act(this.#service({ within }), isRepeated),
    );
  }

  #service(terms: { readonly within: number; readonly signal?: AbortSignal }) {
    const at = { node: this.#director, path: directoryPath };
    return this.#system.refTo(DirectoryService, at).$.with(terms);
  }
}
