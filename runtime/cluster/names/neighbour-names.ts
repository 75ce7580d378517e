// Names for a system without a session of its own, as that of a thread: another node of the same
// process claims and finds on its behalf, so that what is claimed ends with that node's session.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { SessionService, sessionPath } from "#protocols/cluster/session-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { Claim, Names } from "#runtime/core/ports.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { nameKey } from "./cluster-names.ts";

/** Milliseconds that an answer takes on top of what it waits for, at most. */
const answerMsMax = 1_000;

export class NeighbourNames implements Names {
  readonly #system: ActorSystem;
  readonly #session: Ref<SessionService>;

  /** `node` is the one with the session. */
  constructor(system: ActorSystem, node: string) {
    this.#system = system;
    this.#session = system.refTo(SessionService, { node, path: sessionPath });
  }

  async find<P>(protocol: Protocol<P>, name: string, within: number): Promise<Ref<P>> {
    nameKey(name);
    if (!(within >= 0 && within < Number.POSITIVE_INFINITY)) {
      throw new Failure("invalid", `a lookup may wait a number of ms from 0, not ${within}`);
    }
    this.#system.learn(protocol);
    const session = this.#session.$.with({ within: within + answerMsMax });
    const ref = await session.find({ name, protocolId: protocol.id, within });
    return this.#system.refFrom(protocol, ref);
  }

  async claim(name: string, owner: AnyRef): Promise<Claim> {
    const fence = await this.#session.claim({ key: nameKey(name), owner });
    return { name, fence };
  }
}
