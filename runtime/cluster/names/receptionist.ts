// Finding all actors of a kind: each is registered as `services/<protocol>/<address>` until it ends or
// its node does, and whoever subscribes is told of all that are there, and of each that comes or goes.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import { checkKey } from "#protocols/cluster/directory-data.ts";
import { SessionService, sessionPath } from "#protocols/cluster/session-protocol.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { Entry } from "#runtime/cluster/directory/directory.ts";
import type { DirectorySession } from "#runtime/cluster/directory/directory-session.ts";
import { DirectoryView } from "#runtime/cluster/directory/directory-view.ts";
import type { Members } from "#runtime/cluster/membership/members.ts";
import type { Claim } from "#runtime/core/ports.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { placeIn } from "./actor-entry.ts";

export interface ServiceListener<P> {
  /** Each that is there already, then those that come. */
  found(ref: Ref<P>): void;
  /** It ended, or its node did. */
  gone(ref: Ref<P>): void;
  /** All that were there when it was asked have been found. */
  listed?(): void;
}

/** Milliseconds that a registration waits for the directory. */
const registerMsMax = 15_000;

export class Receptionist {
  readonly #system: ActorSystem;
  readonly #session: DirectorySession;

  constructor(system: ActorSystem, session: DirectorySession) {
    this.#system = system;
    this.#session = session;
  }

  /** Lets an actor of this node be found by its protocol until it ends. Again: nothing changes. */
  async register(ref: AnyRef): Promise<Claim> {
    const { node } = this.#system;
    const key = checkKey(`${prefixOf(ref.$.protocolId)}${addressKey(ref.$.address)}`);
    const at = { node: node.name, path: sessionPath };
    const session = this.#system.refTo(SessionService, at).$.with({ within: registerMsMax });
    return { name: key, fence: await session.claim({ key, owner: ref }) };
  }

  /** All actors of that protocol that are registered, also those of nodes that are suspected. */
  async all<P>(protocol: Protocol<P>): Promise<readonly Ref<P>[]> {
    const { entries } = await this.#session.directory.list(prefixOf(protocol.id));
    return entries.map((entry) => this.#refOf(protocol, entry));
  }

  /** Those of nodes that are to get new work: up, and not suspected. `members`: as `membersService`. */
  async ready<P>(
    protocol: Protocol<P>,
    members: Pick<Members, "takesWork">,
  ): Promise<readonly Ref<P>[]> {
    return (await this.all(protocol)).filter((ref) => members.takesWork(ref.$.address.node));
  }

  /** Tells of them from now on; answers how to end that. */
  subscribe<P>(protocol: Protocol<P>, listener: ServiceListener<P>): () => void {
    const prefix = prefixOf(protocol.id);
    const view = new DirectoryView(this.#session.directory, prefix, this.#system, {
      put: (entry) => listener.found(this.#refOf(protocol, entry)),
      removed: (entry) => listener.gone(this.#refOf(protocol, entry)),
      ...(listener.listed === undefined ? {} : { listed: () => listener.listed?.() }),
    });
    return () => view.close();
  }

  #refOf<P>(protocol: Protocol<P>, entry: Entry): Ref<P> {
    const { address, protocolId } = placeIn(entry);
    this.#system.learn(protocol);
    return this.#system.refFrom(protocol, this.#system.revive(address, protocolId));
  }
}

const prefixOf = (protocolId: string): string => `services/${protocolId}/`;
