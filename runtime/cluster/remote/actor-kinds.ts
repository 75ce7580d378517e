// The actor classes that other nodes may name: to spawn, to route to, or to bring here. A class is
// known by its name, which is all that travels; the code is on each node already.
import { Failure } from "#protocols/failure.ts";
import { clusterRemedy } from "#runtime/cluster/cluster-remedy.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ActorClass } from "#runtime/core/actor-class.ts";
import { type ServiceKey, serviceKey } from "#runtime/core/services.ts";

/** A class as it is written in a list of classes; `name` is every function's. */
export type NamedActorClass = ActorClass & { readonly name: string };

/** By which it is known on other nodes. */
export const className = (actorClass: ActorClass & { readonly name?: string }): string =>
  actorClass.name ?? "";

const nameLengthMax = 128;

export class ActorKinds {
  readonly #classes = new Map<string, NamedActorClass>();

  /** Fails with `invalid` for a class without a name, two of one name, and what is no actor class. */
  constructor(classes: readonly NamedActorClass[]) {
    for (const actorClass of classes) {
      const name = checkedName(actorClass);
      if (this.#classes.has(name)) {
        const text = `two actor classes are named ${name}: rename one of them, or list it once`;
        throw new Failure("invalid", text);
      }
      this.#classes.set(name, actorClass);
    }
  }

  get names(): readonly string[] {
    return [...this.#classes.keys()];
  }

  get classes(): readonly NamedActorClass[] {
    return [...this.#classes.values()];
  }

  find(name: string): NamedActorClass | undefined {
    return this.#classes.get(name);
  }

  /** Undefined for a class that is not registered, whatever its name. */
  nameOf(actorClass: ActorClass): string | undefined {
    for (const [name, known] of this.#classes) if (known === actorClass) return name;
    return undefined;
  }
}

/** `ctx.use(actorKindsKey)`: the classes that were given as `actors` when the node was started. */
export const actorKindsKey: ServiceKey<ActorKinds> = serviceKey(
  "actor classes",
  (value) => (value instanceof ActorKinds ? value : undefined),
  clusterRemedy,
);

function checkedName(actorClass: NamedActorClass): string {
  const { name, prototype, protocol } = actorClass;
  if (!(prototype instanceof Actor) || typeof protocol?.id !== "string") {
    const text = `${name || "a function without a name"} is no actor class: let it extend Actor and have a static protocol`;
    throw new Failure("invalid", text);
  }
  if (name === "" || name.length > nameLengthMax) {
    const text = `an actor class of ${protocol.id} has the name "${name.slice(0, 40)}": give it one of 1 to ${nameLengthMax} characters, by which other nodes can name it`;
    throw new Failure("invalid", text);
  }
  return name;
}
