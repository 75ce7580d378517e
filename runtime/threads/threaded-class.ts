// What a class says about itself so that another thread can find it: the module that exports it, and
// the protocols of the refs that it gets.
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ActorClass } from "#runtime/core/actor-class.ts";
import { isProtocol } from "#runtime/core/actor-protocols.ts";

/** An actor class that can live in a thread of its own. */
export interface ThreadableClass extends ActorClass {
  /** `import.meta.url` of the module that exports the class under its name. */
  readonly module: string;
  /** Protocols of refs that it gets in messages, or hands out beside its own. */
  // biome-ignore lint/suspicious/noExplicitAny: a constraint that every protocol satisfies.
  readonly protocols?: readonly Protocol<any>[];
}

/** Where another thread finds a class. */
export interface ClassPlace {
  readonly module: string;
  readonly exportName: string;
}

/** Fails with `invalid` when the class does not say where it stands. */
export function placeOf(type: ActorClass & { readonly module?: unknown }): ClassPlace {
  const { module, name } = type;
  if (typeof module !== "string" || !URL.canParse(module)) {
    const text = `${name || "a class without a name"} cannot be found by another thread: add "static readonly module = import.meta.url" to it`;
    throw new Failure("invalid", text);
  }
  if (name === "") {
    throw new Failure("invalid", `a class of ${module} has no name: export it under one`);
  }
  return { module, exportName: name };
}

/** The class in a loaded module; fails with `invalid` when it is not exported, or is no actor class. */
export function actorIn(loaded: object, { module, exportName }: ClassPlace): ActorClass {
  const found: unknown = Reflect.get(loaded, exportName);
  if (isActorClass(found)) return found;
  if (found !== undefined) {
    throw new Failure("invalid", `${exportName} of ${module} is no actor class with a protocol`);
  }
  const names = Object.keys(loaded).join(", ") || "nothing";
  const text = `${module} exports no ${exportName}, only: ${names}; export the class under its name`;
  throw new Failure("invalid", text);
}

const isActorClass = (value: unknown): value is ActorClass =>
  typeof value === "function" &&
  value.prototype instanceof Actor &&
  isProtocol(Reflect.get(value, "protocol"));
