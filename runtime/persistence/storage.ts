// How an actor comes to its store: the class is bound to one, and the bound class is spawned.
//
// This file alone knows the way, so that another (a store given to the whole system) touches nobody.
import { PlainCodec } from "#protocols/codec-plain.ts";
import { Failure } from "#protocols/failure.ts";
import type { ActorClass } from "#runtime/core/actor-class.ts";
import type { Persistence } from "./journal.ts";
import {
  type JournalSpec,
  type JournalTerms,
  journalTerms,
  type StateSpec,
  type StateTerms,
  stateTerms,
} from "./persistence-spec.ts";

/** A class that extends `PersistentActor` or `DurableActor`. */
export type StoredClass = ActorClass &
  (
    | { readonly keeps: "events"; readonly persistence: JournalSpec }
    | { readonly keeps: "state"; readonly persistence: StateSpec }
  );

/** The store of one class's actors, and what all of them share. */
export interface Storage<T extends JournalTerms | StateTerms> {
  readonly persistence: Persistence;
  readonly codec: PlainCodec;
  readonly terms: T;
}

class Binding implements Storage<JournalTerms | StateTerms> {
  readonly persistence: Persistence;
  readonly codec = new PlainCodec();
  readonly terms: JournalTerms | StateTerms;

  constructor(persistence: Persistence, terms: JournalTerms | StateTerms) {
    this.persistence = persistence;
    this.terms = terms;
  }
}

const storageKey = Symbol("storage");

/**
 * The class with a store to keep its actors in: `system.spawn(storedIn(persistence, Account), args)`.
 * Fails with `invalid` when what the class says about its persistence makes no sense.
 */
export function storedIn<T extends StoredClass>(persistence: Persistence, type: T): T {
  const terms =
    type.keeps === "events"
      ? journalTerms(type.name, type.persistence)
      : stateTerms(type.name, type.persistence);
  const bound = class extends mixable(type) {};
  Object.defineProperty(bound, "name", { value: type.name });
  Object.defineProperty(bound, storageKey, { value: new Binding(persistence, terms) });
  return typed(bound);
}

/** What `storedIn` gave a `PersistentActor`'s class. Fails with `invalid` when it gave nothing. */
export function journalStorageOf(actor: object): Storage<JournalTerms> {
  const { persistence, codec, terms } = bindingOf(actor);
  if (terms.keeps === "events") return { persistence, codec, terms };
  throw unbound(actor);
}

/** What `storedIn` gave a `DurableActor`'s class. Fails with `invalid` when it gave nothing. */
export function stateStorageOf(actor: object): Storage<StateTerms> {
  const { persistence, codec, terms } = bindingOf(actor);
  if (terms.keeps === "state") return { persistence, codec, terms };
  throw unbound(actor);
}

function bindingOf(actor: object): Binding {
  const binding: unknown = Reflect.get(actor.constructor, storageKey);
  if (binding instanceof Binding) return binding;
  throw unbound(actor);
}

function unbound({ constructor: { name } }: object): Failure {
  const text = `${name} keeps what it knows, but has no store: spawn storedIn(persistence, ${name})`;
  return new Failure("invalid", text);
}

// biome-ignore lint/suspicious/noExplicitAny: TypeScript wants exactly this of a class to extend.
const mixable = (type: StoredClass): (new (...args: any[]) => object) => type;

// biome-ignore lint/suspicious/noExplicitAny: a subclass that adds nothing has its parent's type.
const typed = (bound: unknown): any => bound;
