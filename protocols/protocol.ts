// A protocol as a value: the name, version and message kinds that a sender and a receiver agree on.
//
// An `interface` gives the types and `protocol()` a value of the same name. A method that returns
// `void` is a tell (sent and forgotten), any other is an ask (answered, always with a deadline).
// The value drives everything that happens without types: stubs, dispatch, checks at the wire.
import { type ArgumentSchema, refusalBy } from "./argument-check.ts";
import { Failure } from "./failure.ts";
import { type Selectors, selectorsFor } from "./selector.ts";

/** The reply of an ask that only says "done". */
export const ack = "ok" as const;
export type Ack = typeof ack;

// biome-ignore lint/suspicious/noExplicitAny: only `any` is assignable both ways, so that every method type matches.
type Method = (...args: any[]) => any;

/** The arguments of a protocol method. */
export type Arguments<F> = F extends (...args: infer A extends readonly unknown[]) => unknown
  ? A
  : never;

export interface TellSpec {
  readonly kind: "tell";
  /** Travels in the control lane, ahead of other messages. */
  readonly control: boolean;
}
export interface AskSpec {
  readonly kind: "ask";
  /** Milliseconds until the ask fails with `timeout`, unless the caller names another time. */
  readonly within: number;
  /** Changes nothing: may interleave with other readonly asks of the same actor. */
  readonly isReadonly: boolean;
}
export type MethodKind = TellSpec | AskSpec;
/** An answer of an unknown type is an answer: only `void` marks a tell. */
export type IsTell<R> = unknown extends R
  ? false
  : // biome-ignore lint/suspicious/noConfusingVoidType: `void` is what marks a tell.
    void extends R
    ? true
    : false;
type KindOf<F> = F extends (...args: never[]) => infer R
  ? IsTell<R> extends true
    ? TellSpec | typeof tell
    : AskSpec | typeof ask
  : never;

/** Marks a method as a tell. `tell({ control: true })` lets it overtake ordinary messages on links. */
export const tell = (options: { readonly control?: boolean } = {}): TellSpec => ({
  kind: "tell",
  control: options.control ?? false,
});

/** Milliseconds that an ask may take when neither protocol nor caller says otherwise. */
export const askWithinMsDefault = 5_000;

/**
 * Marks a method as an ask. `ask({ within: 500 })` sets its default time to answer. A `readonly` ask
 * promises to change nothing, not even across an await: several of them may be in progress at once.
 */
export const ask = (
  options: { readonly within?: number; readonly readonly?: boolean } = {},
): AskSpec => ({
  kind: "ask",
  within: options.within ?? askWithinMsDefault,
  isReadonly: options.readonly ?? false,
});

export type ArgumentSchemas<P> = {
  readonly [M in keyof P]?: SchemaEach<Arguments<P[M]>>;
};
type SchemaEach<A extends readonly unknown[]> = { readonly [I in keyof A]: ArgumentSchema };

export interface MethodSpec {
  readonly name: string;
  readonly kind: MethodKind;
  readonly selectors: Selectors;
  /**
   * What is wrong with these arguments, or `undefined` when they fit. Methods without schemas
   * accept whatever the codec lets through.
   */
  readonly refuse: (args: readonly unknown[]) => string | undefined;
  /** Those of the arguments, when they are checked. */
  readonly schemas?: readonly ArgumentSchema[];
}

export interface Protocol<P> {
  /** `name@version`, for example `tasks.Queue@1`. */
  readonly id: string;
  readonly methods: ReadonlyMap<string, MethodSpec>;
  /**
   * The same protocol whose messages are checked when they arrive from another node: for each method
   * a schema for each argument, of TypeBox or of any library that speaks Standard Schema.
   */
  checked(schemas: ArgumentSchemas<P>): Protocol<P>;
  /** Never present: carries the type. */
  readonly $type?: P;
}

export type ProtocolOf<V> = V extends Protocol<infer P> ? P : never;

/** What an actor class must implement: every method of `P`, sync or async. */
export type Handlers<P> = {
  [M in keyof P]: P[M] extends (...args: infer A extends readonly unknown[]) => infer R
    ? IsTell<R> extends true
      ? (...args: A) => void | Promise<void>
      : (...args: A) => R | Promise<R> | Deferred<R>
    : never;
};

/** A reply that comes later, while the actor goes on with its next message; made by `ctx.defer`. */
export class Deferred<R> {
  readonly #promise: Promise<R>;

  constructor(promise: Promise<R>) {
    this.#promise = promise;
  }

  /** What the reply will be. */
  get promise(): Promise<R> {
    return this.#promise;
  }
}

const acceptsAll = (): undefined => undefined;

/**
 * No message can have these names: a ref's methods would be called by the language (whoever awaits a
 * ref calls its `then`), or an actor's hooks by a message.
 */
const reservedNames = [
  "$",
  "then",
  "toString",
  "valueOf",
  "toJSON",
  "constructor",
  "__proto__",
  "ctx",
  "state",
  "start",
  "stopped",
  "terminated",
] as const;
type ReservedName = (typeof reservedNames)[number];
const reserved: ReadonlySet<string> = new Set(reservedNames);

const idPattern = /^[^\s@]{1,200}@\d{1,9}$/;

/**
 * Declares a protocol. The kinds must agree with the interface: a `void` method is a tell. Fails with
 * `invalid` for an id that is no `name@version`, a name that no message can have, and a time that is
 * none.
 */
export function protocol<P extends { [M in keyof P]: M extends ReservedName ? never : Method }>(
  id: `${string}@${number}`,
  kinds: { readonly [M in keyof P]: KindOf<P[M]> },
): Protocol<P> {
  if (!idPattern.test(id)) {
    throw wrong(id, 'its id is no name@version such as "tasks.Queue@1", with a whole number');
  }
  const methods = new Map<string, MethodSpec>();
  for (const [name, given] of Object.entries<KindOf<Method> | (() => MethodKind)>(kinds)) {
    const kind = typeof given === "function" ? given() : given;
    if (reserved.has(name)) throw wrong(id, `no message can be named ${name}; choose another name`);
    if (kind.kind === "ask" && !isTime(kind.within)) {
      throw wrong(id, `${name} is to be answered within ${kind.within} ms; give a number from 0`);
    }
    const isReadonly = kind.kind === "ask" && kind.isReadonly;
    const selectors = selectorsFor(name, methods.size, isReadonly);
    methods.set(name, { name, kind, selectors, refuse: acceptsAll });
  }
  return build<P>(id, methods);
}

const isTime = (ms: number): boolean => Number.isFinite(ms) && ms >= 0;

const wrong = (id: string, what: string): Failure =>
  new Failure("invalid", `the protocol "${id}" cannot be so: ${what}`);

/** The first protocol, by its id, with the methods of the second behind its own; no name is in both. */
export function withMethodsOf<P, Q>(first: Protocol<P>, second: Protocol<Q>): Protocol<P & Q> {
  const methods = new Map(first.methods);
  for (const [name, spec] of second.methods) {
    const isReadonly = spec.kind.kind === "ask" && spec.kind.isReadonly;
    methods.set(name, { ...spec, selectors: selectorsFor(name, methods.size, isReadonly) });
  }
  return build<P & Q>(first.id, methods);
}

function build<P>(id: string, methods: ReadonlyMap<string, MethodSpec>): Protocol<P> {
  return {
    id,
    methods,
    checked(schemas) {
      const checkedMethods = new Map(methods);
      for (const [name, list] of Object.entries(schemas)) {
        const method = methods.get(name);
        if (!method || !Array.isArray(list)) continue;
        checkedMethods.set(name, { ...method, refuse: refusalBy(list), schemas: list });
      }
      return build<P>(id, checkedMethods);
    },
  };
}
