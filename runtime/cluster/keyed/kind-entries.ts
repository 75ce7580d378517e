// What the directory says of one kind: who uses it, who hosts it, who owns which shard; and this node's
// own word in it.
import { isSameNode, type NodeId } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { Entry, PlainValue, Revision } from "#runtime/cluster/directory/directory.ts";
import type { DirectorySession } from "#runtime/cluster/directory/directory-session.ts";
import { DirectoryView } from "#runtime/cluster/directory/directory-view.ts";
import { retryMs } from "#runtime/cluster/directory/patient-call.ts";
import { sleepUntil } from "#runtime/core/sleep.ts";
import { kindEntryKey, shardIn, shardsPrefix, usersPrefix } from "./keyed-address.ts";

/** `leaving`: it hosts no more shards, and hands over those that it has. */
export type UserPart = "host" | "leaving" | "caller";

export interface KindUser {
  readonly node: NodeId;
  readonly part: UserPart;
}

/** Who owns a shard, since when. */
export interface Place {
  readonly node: NodeId;
  readonly fence: Revision;
}

export interface KindListener {
  /** A node has come, goes, or is gone. */
  userChanged(user: KindUser): void;
  userGone(node: NodeId): void;
  shardChanged(shard: number): void;
}

export interface KindForm {
  readonly kind: string;
  readonly shards: number;
  readonly protocolId: string;
}

export class KindEntries {
  readonly #session: DirectorySession;
  readonly #form: KindForm;
  readonly #listener: KindListener;
  readonly #users: DirectoryView;
  readonly #shards: DirectoryView;
  readonly #places: (Place | undefined)[];
  /** By name: a later life of a node takes the place of an earlier one. */
  readonly #lives = new Map<string, NodeId>();
  #listings = 0;

  constructor(session: DirectorySession, form: KindForm, listener: KindListener) {
    this.#session = session;
    this.#form = form;
    this.#listener = listener;
    this.#places = Array.from({ length: form.shards }, () => undefined);
    const { directory, ports } = session;
    const listed = (): void => {
      this.#listings += 1;
    };
    this.#users = new DirectoryView(directory, usersPrefix(form.kind), ports, {
      put: (entry) => {
        const user = userIn(entry);
        if (user) this.#userChanged(user);
      },
      removed: ({ session: gone }) => gone && this.#userGone(gone),
      listed,
    });
    this.#shards = new DirectoryView(directory, shardsPrefix(form.kind), ports, {
      put: (entry) => this.#placed(entry),
      removed: ({ key }) => this.#freed(key),
      listed: () => {
        listed();
        listener.shardChanged(-1);
      },
    });
  }

  /** All that stood there has been told. */
  get isListed(): boolean {
    return this.#listings >= 2;
  }

  get users(): readonly KindUser[] {
    return [...this.#users.entries.values()].flatMap((entry) => userIn(entry) ?? []);
  }

  /** Names of those that take shards. */
  get hosts(): readonly string[] {
    return this.users.filter(({ part }) => part === "host").map(({ node }) => node.name);
  }

  /** How many shards each node owns. */
  get placed(): ReadonlyMap<string, number> {
    const placed = new Map<string, number>();
    for (const place of this.#places) {
      if (place) placed.set(place.node.name, (placed.get(place.node.name) ?? 0) + 1);
    }
    return placed;
  }

  placeOf(shard: number): Place | undefined {
    return this.#places[shard];
  }

  /**
   * Says that this node takes part. Waits for the directory as long as the session lives; fails with
   * `conflict` when other nodes have another form of the kind.
   */
  async join(part: UserPart): Promise<void> {
    const { directory, node, opened } = this.#session;
    await opened;
    await this.#surely(() => this.#agree());
    const key = `${usersPrefix(this.#form.kind)}${node.name}`;
    await this.#surely(() => directory.put({ key, value: { part }, session: node, expect: "any" }));
  }

  close(): void {
    this.#users.close();
    this.#shards.close();
  }

  async #agree(): Promise<void> {
    const { kind, protocolId, shards } = this.#form;
    const { directory } = this.#session;
    const key = kindEntryKey(kind);
    const value = { protocolId, shards };
    const said = (await directory.get(key))?.value;
    if (said === undefined) {
      // Who was later finds the other's word, and compares with it.
      await directory.put({ key, value, expect: "absent" }).catch(async (error: unknown) => {
        if (Failure.of(error).code !== "conflict") throw error;
        await this.#agree();
      });
      return;
    }
    if (isEqual(said, value)) return;
    const text = `the kind ${kind} is ${JSON.stringify(said)} in this cluster, and ${JSON.stringify(value)} on ${this.#session.node.name}: give it the same everywhere, or another name`;
    throw new Failure("conflict", text);
  }

  /** Again and again while the directory is away. */
  async #surely(attempt: () => Promise<unknown>): Promise<void> {
    const { clock, timers } = this.#session.ports;
    for (let failures = 0; ; failures += 1) {
      this.#session.check();
      try {
        await attempt();
        return;
      } catch (error) {
        const { code } = Failure.of(error);
        if (code !== "unavailable" && code !== "directory_full") throw error;
        await sleepUntil(timers, clock.now() + retryMs(failures), undefined);
      }
    }
  }

  #userChanged(user: KindUser): void {
    const before = this.#lives.get(user.node.name);
    this.#lives.set(user.node.name, user.node);
    if (before && !isSameNode(before, user.node)) this.#listener.userGone(before);
    this.#listener.userChanged(user);
  }

  #userGone(node: NodeId): void {
    this.#lives.delete(node.name);
    this.#listener.userGone(node);
  }

  #placed({ key, revision, session }: Entry): void {
    const shard = shardIn(key, this.#form.shards);
    if (shard === undefined || session === undefined) return;
    this.#places[shard] = { node: session, fence: revision };
    this.#listener.shardChanged(shard);
  }

  #freed(key: string): void {
    const shard = shardIn(key, this.#form.shards);
    if (shard === undefined) return;
    this.#places[shard] = undefined;
    this.#listener.shardChanged(shard);
  }
}

function userIn({ session, value }: Entry): KindUser | undefined {
  const isFields = typeof value === "object" && value !== null && "part" in value;
  const part = isFields ? value.part : undefined;
  const isPart = part === "host" || part === "leaving" || part === "caller";
  return session && isPart ? { node: session, part } : undefined;
}

const isEqual = (said: PlainValue, value: { readonly [key: string]: PlainValue }): boolean =>
  typeof said === "object" &&
  said !== null &&
  Object.entries(value).every(([key, part]) => Reflect.get(said, key) === part);
