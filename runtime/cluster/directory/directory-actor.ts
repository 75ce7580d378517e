// The embedded directory: an actor around the table, on the director node. What it answers has been
// journalled before, reads included; when the journal fails, the actor ends and begins anew from what
// was kept. After a restart every session has all of its ttl again.
import type { NodeId } from "#protocols/address.ts";
import type {
  Change,
  Entry,
  PutRequest,
  RemoveRequest,
  SessionId,
} from "#protocols/cluster/directory-data.ts";
import { directoryLimits } from "#protocols/cluster/directory-limits.ts";
import {
  DirectoryService,
  type Followed,
  type FollowRequest,
  type ListPage,
  type ListRequest,
  type OpenAnswer,
  type OpenAttempt,
  type Renewed,
  type RenewRequest,
} from "#protocols/cluster/directory-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { type Ack, ack, type Deferred, type Handlers } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { systemTopics } from "#runtime/core/event-bus.ts";
import { invariant } from "#runtime/core/invariant.ts";
import { reply } from "#runtime/core/reply.ts";
import type { DirectoryJournal, DirectoryRow } from "./directory-journal.ts";
import { DirectoryTable } from "./directory-table.ts";
import { KeptChanges } from "./kept-changes.ts";

export interface DirectoryArguments {
  readonly journal: DirectoryJournal;
  /**
   * `with-their-time`: a session ends when it was not renewed. `with-their-link`: also when the link
   * to its node goes down, which is right only where a node that is cut off is surely gone.
   */
  readonly sessionsEnd: "with-their-time" | "with-their-link";
}

interface Own {
  expire(): void;
  nodeDown(down: { readonly node: NodeId }): void;
  journalFailed(failure: FailureData): void;
}

/** What else each life of the node may count up to: no revision is ever given twice, even when the
 *  journal was lost, since incarnations grow with the wall clock's milliseconds. */
const revisionsPerMs = 2_048;
/** An alarm that comes so much too late says that this process stood still, and heard nobody. */
const stoodStillMs = 150;
/** What was sent to it meanwhile is heard within this. */
const hearingMs = 500;

export class DirectoryActor
  extends Actor<DirectoryService, DirectoryArguments, Own>
  implements Handlers<DirectoryService & Own>
{
  static readonly protocol = DirectoryService;
  static initial = (args: DirectoryArguments): DirectoryArguments => args;

  #loaded: { readonly table: DirectoryTable; readonly changes: KeptChanges } | undefined;
  #rows: DirectoryRow[] = [];
  #changed: Change[] = [];
  /** The last commit, until it is done. */
  #committing: Promise<void> | undefined;
  #hasFailed = false;
  #wakeUpMs = Number.POSITIVE_INFINITY;
  readonly #followers = new Set<Follower>();

  override async start(): Promise<void> {
    const { journal, sessionsEnd } = this.state;
    const rows = await journal.load();
    const { incarnation } = this.ctx.node;
    const revision = Math.min(incarnation * revisionsPerMs, Number.MAX_SAFE_INTEGER / 2);
    const table = new DirectoryTable(
      { keep: (row) => this.#rows.push(row), changed: (change) => this.#changed.push(change) },
      { rows, revision, nowMs: this.ctx.now() },
    );
    this.#loaded = { table, changes: new KeptChanges(table.revision) };
    // There is one director, and it is this life of the node: its former ones are over.
    table.endBefore(this.ctx.node);
    if (sessionsEnd === "with-their-link") {
      this.ctx.subscribe(systemTopics["node-down"], "nodeDown");
    }
    await this.#commit();
    this.#wakeUp();
  }

  override stopped(): Promise<void> {
    for (const { leave } of this.#followers) leave();
    return this.state.journal.close();
  }

  open(request: OpenAttempt): OpenAnswer | Deferred<OpenAnswer> {
    return this.#answer((nowMs) => {
      try {
        return { kind: "opened", ...this.#table.open(request, nowMs) };
      } catch (error) {
        // `node_down` would read as if the director were gone.
        const { code, detail } = Failure.of(error);
        if (code === "node_down") return { kind: "refused", detail };
        throw error;
      }
    });
  }

  renew(request: RenewRequest): Renewed | Deferred<Renewed> {
    return this.#answer((nowMs) => this.#table.renew(request, nowMs));
  }

  close(session: SessionId): Ack | Deferred<Ack> {
    return this.#answer((nowMs) => {
      this.#table.close(session, nowMs);
      return ack;
    });
  }

  put(request: PutRequest): Entry | Deferred<Entry> {
    return this.#answer((nowMs) => this.#table.put(request, nowMs));
  }

  remove(request: RemoveRequest): boolean | Deferred<boolean> {
    return this.#answer((nowMs) => this.#table.remove(request, nowMs));
  }

  get(key: string): Entry | undefined | Deferred<Entry | undefined> {
    return this.#answer((nowMs) => this.#table.get(key, nowMs));
  }

  list(request: ListRequest): ListPage | Deferred<ListPage> {
    return this.#answer((nowMs) => this.#table.list(request, nowMs));
  }

  follow(request: FollowRequest): Followed | Deferred<Followed> {
    const followed = this.#changes.after(request);
    const hasNews = followed.kind === "lost" || followed.changes.length > 0;
    if (hasNews || request.after === undefined) return followed;
    if (this.#followers.size >= directoryLimits.followersMax) {
      const text = `${this.#followers.size} nodes follow the directory already; try later`;
      throw reply(new Failure("directory_full", text));
    }
    return this.ctx.defer(this.#news(request, this.ctx.signal));
  }

  expire(): void {
    const lateMs = this.ctx.now() - this.#wakeUpMs;
    this.#wakeUpMs = Number.POSITIVE_INFINITY;
    if (lateMs > stoodStillMs) this.#table.extend(lateMs + hearingMs);
    this.#table.expire(this.ctx.now());
    void this.#commit();
    this.#wakeUp();
  }

  nodeDown({ node }: { readonly node: NodeId }): void {
    this.#table.close(node, this.ctx.now());
    void this.#commit();
  }

  journalFailed({ code, detail }: FailureData): void {
    throw new Failure(code, `the directory could not be written: ${detail}`);
  }

  get #table(): DirectoryTable {
    invariant(this.#loaded !== undefined, "messages come after start");
    return this.#loaded.table;
  }

  get #changes(): KeptChanges {
    invariant(this.#loaded !== undefined, "messages come after start");
    return this.#loaded.changes;
  }

  #answer<T>(act: (nowMs: number) => T): T | Deferred<T> {
    const nowMs = this.ctx.now();
    if (nowMs - this.#wakeUpMs > stoodStillMs) this.expire();
    const outcome = outcomeOf(() => act(nowMs));
    const committing = this.#commit();
    this.#wakeUp();
    if (committing) return this.ctx.defer(committing.then(() => settled(outcome)));
    if (outcome.kind === "failed") throw reply(outcome.failure);
    return outcome.value;
  }

  /** Undefined when all that was done is kept. */
  #commit(): Promise<void> | undefined {
    const rows = newestOf(this.#rows);
    const changed = this.#changed;
    if (rows.length === 0) return this.#committing;
    this.#rows = [];
    this.#changed = [];
    const committing = this.state.journal.commit(rows).then(() => {
      if (this.#committing === committing) this.#committing = undefined;
      this.#changes.add(changed);
      for (const { look } of this.#followers) look();
    });
    this.#committing = committing;
    committing.catch((error: unknown) => {
      // Once: what fails behind it fails for the same reason, and this instance is over.
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      this.ctx.send("journalFailed", Failure.of(error, "store_failed").toData());
    });
    return committing;
  }

  /** The next changes after a revision, or none when it takes too long. */
  async #news(request: FollowRequest, signal: AbortSignal): Promise<Followed> {
    let follower: Follower = { look: () => {}, leave: () => {} };
    const woken = new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const followed = this.#changes.after(request);
        if (followed.kind === "lost" || followed.changes.length > 0) resolve();
      };
      const text = "the directory begins anew; ask it again";
      follower = { look, leave: () => reject(new Failure("unavailable", text)) };
    });
    this.#followers.add(follower);
    const over = new AbortController();
    const end = (): void => over.abort();
    signal.addEventListener("abort", end, { once: true });
    const patience = this.ctx.sleep(directoryLimits.followMsMax, over.signal).catch(() => {});
    try {
      await Promise.race([woken, patience]);
    } finally {
      end();
      this.#followers.delete(follower);
    }
    return this.#changes.after(request);
  }

  /** An alarm for when the next session may end; one that comes early does no harm. */
  #wakeUp(): void {
    const dueMs = this.#table.nextExpiryMs;
    if (dueMs >= this.#wakeUpMs) return;
    this.#wakeUpMs = dueMs;
    this.ctx.after({ ms: Math.max(0, dueMs - this.ctx.now()), key: "expiry" }, "expire");
  }
}

/** Who waits for changes: looks whether there are some, or hears that this instance is over. */
interface Follower {
  readonly look: () => void;
  readonly leave: () => void;
}

type Outcome<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "failed"; readonly failure: Failure };

function outcomeOf<T>(act: () => T): Outcome<T> {
  try {
    return { kind: "done", value: act() };
  } catch (error) {
    // Whatever else is thrown is a bug, and crashes the actor.
    if (error instanceof Failure && error.code !== "internal") {
      return { kind: "failed", failure: error };
    }
    throw error;
  }
}

function settled<T>(outcome: Outcome<T>): T {
  if (outcome.kind === "failed") throw outcome.failure;
  return outcome.value;
}

/** One row a key: the last one. */
function newestOf(rows: readonly DirectoryRow[]): readonly DirectoryRow[] {
  return rows.length < 2 ? rows : [...new Map(rows.map((row) => [row.key, row])).values()];
}
