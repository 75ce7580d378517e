// The embedded directory: names in the memory of the director node. Names end with their actors; a
// director that starts anew is empty, and the nodes claim their names again (`cluster-names.ts`).
import type { AnyRef } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import { Directory } from "#protocols/cluster/directory.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { type Ack, ack, type Deferred, type Handlers } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";

interface Waiter {
  readonly protocolId: string;
  readonly found: (owner: AnyRef) => void;
}

export class DirectoryActor extends Actor<Directory> implements Handlers<Directory> {
  static readonly protocol = Directory;

  readonly #owners = new Map<string, AnyRef>();
  readonly #waiters = new Map<string, Set<Waiter>>();
  #waiting = 0;

  claim({ name, owner }: { readonly name: string; readonly owner: AnyRef }): Ack {
    const holder = this.#owners.get(name);
    if (holder && !isSame(holder, owner)) {
      const text = `${name} is borne by ${holder.$.toString()}, which still lives; end it first`;
      throw reply(new Failure("name_taken", text));
    }
    this.#owners.set(name, owner);
    this.ctx.watch(owner);
    for (const waiter of this.#waiters.get(name) ?? []) this.#offer(waiter, owner);
    return ack;
  }

  find(query: { readonly name: string; readonly protocolId: string }): AnyRef | Deferred<AnyRef> {
    const owner = this.#owners.get(query.name);
    if (owner) return this.#checked(query.protocolId, owner, query.name);
    if (this.#waiting >= limits.namesAwaitedMax) {
      const text = `${limits.namesAwaitedMax} lookups wait for names already; ask again later`;
      throw reply(new Failure("mailbox_full", text));
    }
    return this.ctx.defer(this.#wait(query.name, query.protocolId, this.ctx.signal));
  }

  list(): readonly { readonly name: string; readonly owner: AnyRef }[] {
    return [...this.#owners].map(([name, owner]) => ({ name, owner }));
  }

  override terminated(gone: AnyRef): void {
    for (const [name, owner] of this.#owners) {
      if (isSame(owner, gone)) this.#owners.delete(name);
    }
  }

  #wait(name: string, protocolId: string, signal: AbortSignal): Promise<AnyRef> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(name) ?? new Set();
      this.#waiters.set(name, waiters);
      const leave = (): void => {
        if (!waiters.delete(waiter)) return;
        this.#waiting -= 1;
        if (waiters.size === 0) this.#waiters.delete(name);
      };
      const waiter: Waiter = {
        protocolId,
        found: (owner) => {
          leave();
          resolve(owner);
        },
      };
      waiters.add(waiter);
      this.#waiting += 1;
      signal.addEventListener("abort", () => {
        leave();
        reject(new Failure("cancelled", `nobody waits for ${name} any more`));
      });
    });
  }

  #offer(waiter: Waiter, owner: AnyRef): void {
    if (owner.$.protocolId === waiter.protocolId) waiter.found(owner);
  }

  #checked(protocolId: string, owner: AnyRef, name: string): AnyRef {
    if (owner.$.protocolId === protocolId) return owner;
    const text = `${name} speaks ${owner.$.protocolId}, not ${protocolId}; look it up as what it is`;
    throw reply(new Failure("invalid", text));
  }
}

const isSame = (a: AnyRef, b: AnyRef): boolean =>
  addressKey(a.$.address) === addressKey(b.$.address);
