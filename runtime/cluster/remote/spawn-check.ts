// What another node may have spawned here: a registered class, by the protocol that both know, with
// arguments that fit its schema.
import { refusalBy } from "#protocols/argument-check.ts";
import type { SpawnRequest } from "#protocols/cluster/spawn-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import type { ActorClass } from "#runtime/core/actor-class.ts";
import type { ActorKinds } from "./actor-kinds.ts";

type Refusal = ReturnType<typeof refusalBy>;

export class SpawnCheck {
  readonly #kinds: ActorKinds;
  readonly #node: string;
  /** A schema is compiled once. */
  readonly #refusals = new WeakMap<ActorClass, Refusal>();

  constructor(kinds: ActorKinds, node: string) {
    this.#kinds = kinds;
    this.#node = node;
  }

  /** The class, or why it cannot be. */
  classFor({ args, kind, protocolId }: SpawnRequest): ActorClass | Failure {
    const type = this.#kinds.find(kind);
    if (!type) return this.#unknown(kind);
    if (type.protocol.id !== protocolId) {
      const text = `${kind} speaks ${type.protocol.id} on ${this.#node}, not ${protocolId}: run one release of it on both nodes`;
      return new Failure("protocol_mismatch", text);
    }
    const problem = this.#refusalOf(type)([args]);
    if (problem === undefined) return type;
    return new Failure("invalid", `the arguments of ${kind} do not fit: ${problem}`);
  }

  #refusalOf(type: ActorClass): Refusal {
    const { argsSchema } = type;
    if (argsSchema === undefined) return () => undefined;
    const refusal = this.#refusals.get(type) ?? refusalBy([argsSchema]);
    this.#refusals.set(type, refusal);
    return refusal;
  }

  #unknown(kind: string): Failure {
    const known = this.#kinds.names.join(", ") || "none";
    const text = `${this.#node} has no actor class ${kind}, only: ${known}; give it the class as one of its \`actors\``;
    return new Failure("not_found", text);
  }
}
