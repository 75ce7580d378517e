// Names as one node uses them: `names/<name>` in the directory says where an actor is. A name ends
// with its actor, and with its node's session.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { checkKey } from "#protocols/cluster/directory-data.ts";
import type { FindRequest, SessionService } from "#protocols/cluster/session-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { Directory, Entry } from "#runtime/cluster/directory/directory.ts";
import type { DirectorySession } from "#runtime/cluster/directory/directory-session.ts";
import { DirectoryView } from "#runtime/cluster/directory/directory-view.ts";
import { SessionKeeperActor } from "#runtime/cluster/directory/session-keeper.ts";
import type { Claim, Names } from "#runtime/core/ports.ts";
import { sleepUntil } from "#runtime/core/sleep.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { placeIn } from "./actor-entry.ts";

export const namesPrefix = "names/";

/** Milliseconds that a claim waits for the directory, and for the node's session. */
const claimMsMax = 15_000;

export class ClusterNames implements Names {
  readonly #system: ActorSystem;
  readonly #directory: Directory;
  readonly #session: DirectorySession;
  #keeper: Ref<SessionService> | undefined;
  #waiting = 0;

  constructor(system: ActorSystem, session: DirectorySession) {
    this.#system = system;
    this.#directory = session.directory;
    this.#session = session;
  }

  /** Opens the node's session, which the first claim would do otherwise; it is renewed from now on. */
  join(): void {
    const session = this.#session;
    const find = (request: FindRequest): Promise<AnyRef> => this.#find(request);
    this.#keeper ??= this.#system.spawn(SessionKeeperActor, { session, find }, { name: "session" });
  }

  async find<P>(protocol: Protocol<P>, name: string, within: number): Promise<Ref<P>> {
    this.#system.learn(protocol);
    const ref = await this.#find({ name, protocolId: protocol.id, within });
    return this.#system.refFrom(protocol, ref);
  }

  async claim(name: string, owner: AnyRef): Promise<Claim> {
    const key = nameKey(name);
    this.join();
    if (!this.#keeper) throw new Failure("internal", "a node that joined has a keeper");
    const fence = await this.#keeper.$.with({ within: claimMsMax }).claim({ key, owner });
    return { name, fence };
  }

  async #find({ name, protocolId, within }: FindRequest): Promise<AnyRef> {
    const key = nameKey(name);
    if (!(within >= 0 && within < Number.POSITIVE_INFINITY)) {
      throw new Failure("invalid", `a lookup may wait a number of ms from 0, not ${within}`);
    }
    if (this.#waiting >= limits.namesAwaitedMax) {
      const text = `${limits.namesAwaitedMax} lookups wait for names already; ask again later`;
      throw new Failure("mailbox_full", text);
    }
    this.#waiting += 1;
    try {
      return this.#refTo(protocolId, await this.#await(key, protocolId, within));
    } finally {
      this.#waiting -= 1;
    }
  }

  /** The first entry under the key; one of another protocol counts only when it is there at once. */
  #await(key: string, protocolId: string, within: number): Promise<Entry> {
    const { clock, timers } = this.#system;
    return new Promise((resolve, reject) => {
      const over = new AbortController();
      const finish = (settle: () => void): void => {
        over.abort();
        view.close();
        settle();
      };
      let isListed = false;
      const view = new DirectoryView(this.#directory, key, this.#system, {
        put: (entry) => {
          if (entry.key !== key) return;
          const isFitting = placeIn(entry).protocolId === protocolId;
          if (isFitting || !isListed) finish(() => resolve(entry));
        },
        removed: () => {},
        listed: () => {
          isListed = true;
        },
      });
      sleepUntil(timers, clock.now() + within, over.signal).then(
        () => finish(() => reject(notFound(key, within, isListed))),
        () => {},
      );
    });
  }

  #refTo(protocolId: string, entry: Entry): AnyRef {
    const { address, protocolId: spoken } = placeIn(entry);
    if (spoken === protocolId) return this.#system.revive(address, protocolId);
    const text = `${nameOf(entry.key)} speaks ${spoken}, not ${protocolId}; look it up as what it is`;
    throw new Failure("invalid", text);
  }
}

/** Fails with `invalid` for what can be no name. */
export const nameKey = (name: string): string => checkKey(`${namesPrefix}${name}`);

function notFound(key: string, within: number, isListed: boolean): Failure {
  const name = nameOf(key);
  if (isListed) {
    return new Failure("not_found", `no actor was registered as "${name}" within ${within} ms`);
  }
  const text = `the directory did not answer within ${within} ms, so whether "${name}" is registered is not known; try later`;
  return new Failure("unavailable", text);
}

const nameOf = (key: string): string => key.slice(namesPrefix.length);
