// All actors of one class and one set of options share this: the handler table, the mailbox's and the
// supervision's settings. It is built once, so that an actor itself stays small.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { formOf, type Selector, type Selectors, selectorsFor } from "#protocols/selector.ts";
import { Actor } from "./actor.ts";
import type { ActorClass, LifeTimes, MailboxSpec, SpawnOptions, WhenFull } from "./actor-class.ts";
import type { CellHost } from "./cell-host.ts";
import type { MessageCounts } from "./counts.ts";
import type { Mailbox } from "./mailbox.ts";
import { RankedMailbox, rankMax } from "./ranked-mailbox.ts";
import {
  checkRestartKind,
  checkSupervision,
  type RestartKind,
  type SupervisionSpec,
  supervisionDefault,
} from "./supervision.ts";
import { check, checkTimeout } from "./terms-check.ts";

// biome-ignore lint/suspicious/noExplicitAny: handlers take what their protocol says.
export type Handler = (this: object, ...args: any[]) => unknown;

const mailboxDefault: MailboxSpec = { capacity: limits.mailboxMessagesMax, whenFull: "reject" };

/** The kinds of one system. */
export class ActorKinds {
  readonly #host: CellHost;
  readonly #plain = new WeakMap<ActorClass, ActorKind>();

  constructor(host: CellHost) {
    this.#host = host;
  }

  /** Actors whose options say nothing but a name share their class's kind. */
  of(type: ActorClass, options: SpawnOptions): ActorKind {
    const isPlain = Object.keys(options).every((key) => key === "name");
    if (!isPlain) return new ActorKind(this, this.#host, type, options);
    const known = this.#plain.get(type) ?? new ActorKind(this, this.#host, type, {});
    this.#plain.set(type, known);
    return known;
  }
}

export class ActorKind {
  readonly kinds: ActorKinds;
  readonly host: CellHost;
  /** The host's, one step nearer. */
  readonly counts: MessageCounts;
  readonly type: ActorClass;
  /** What its actors were spawned with, beside their names. */
  readonly options: Omit<SpawnOptions, "name">;
  readonly protocol: Protocol<unknown>;
  readonly mailbox: MailboxSpec;
  readonly capacity: number;
  readonly bytesMax: number | undefined;
  /** Its actors need more of a mailbox than each of them is itself. */
  readonly isRanked: boolean;
  readonly supervise: SupervisionSpec;
  readonly restart: RestartKind;
  /** As the class or the spawn says; the two below are what holds for its actors themselves. */
  readonly times: LifeTimes;
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly stashMax: number;
  readonly hasStart: boolean;
  /** The message that a watched actor's end becomes, for classes that want to know. */
  readonly terminated: Selector | undefined;
  /** By selector index: the protocol's methods first, then what the actor sends itself. */
  readonly handlers: Handler[] = [];
  readonly #own = new Map<string, Selectors>();
  readonly #behaviours = new Map<string, readonly Handler[]>();

  constructor(kinds: ActorKinds, host: CellHost, type: ActorClass, options: SpawnOptions) {
    this.kinds = kinds;
    this.host = host;
    this.counts = host.counts;
    this.type = type;
    const { name: _, ...rest } = options;
    this.options = rest;
    this.protocol = type.protocol;
    this.mailbox = checked(type, options.mailbox ?? type.mailbox ?? mailboxDefault);
    this.capacity = this.mailbox.capacity;
    this.bytesMax = this.mailbox.bytesMax;
    this.isRanked = this.mailbox.priorities !== undefined || this.bytesMax !== undefined;
    this.supervise = options.supervise ?? type.supervise ?? supervisionDefault;
    checkSupervision(this.supervise);
    this.restart = options.restart ?? type.restart ?? "transient";
    checkRestartKind(this.restart);
    this.times = {
      startTimeoutMs: options.startTimeoutMs ?? type.startTimeoutMs ?? limits.startMsDefault,
      stopTimeoutMs: options.stopTimeoutMs ?? type.stopTimeoutMs ?? limits.stopMsDefault,
    };
    checkTimeout("startTimeoutMs", this.times.startTimeoutMs);
    checkTimeout("stopTimeoutMs", this.times.stopTimeoutMs);
    const { startTimeoutMs, stopTimeoutMs } = type.standInTimes?.(this.times) ?? this.times;
    this.startTimeoutMs = startTimeoutMs;
    this.stopTimeoutMs = stopTimeoutMs;
    this.stashMax = type.stashMax ?? limits.stashMessagesMax;
    const isCount = Number.isInteger(this.stashMax) && this.stashMax >= 0;
    check(isCount, `${type.name}.stashMax is`, "a whole number from 0", this.stashMax);
    if (!(type.prototype instanceof Actor)) {
      throw new Failure("invalid", `${type.name} is no actor class; let it extend Actor`);
    }
    checkBehaviours(type);
    this.hasStart = typeof Reflect.get(type.prototype, "start") === "function";
    for (const name of this.protocol.methods.keys()) this.handlers.push(this.#handler(name));
    const isHearing = typeof Reflect.get(type.prototype, "terminated") === "function";
    this.terminated = isHearing ? this.ownSelector("terminated", 2) : undefined;
  }

  /** How the actor handles that message, while it behaves so. */
  handlerFor(selector: Selector, behaviour: readonly Handler[] | undefined): Handler {
    const usual = this.handlers[selector.index];
    const handler = behaviour === undefined ? usual : (behaviour[selector.index] ?? usual);
    if (handler !== undefined) return handler;
    throw new Failure(
      "internal",
      `${this.type.name} has no handler for ${selector.name}; write one`,
    );
  }

  makeRankedMailbox(): Mailbox {
    return new RankedMailbox(this.mailbox);
  }

  /** The selector of a message that the actor sends itself; its method need not be in the protocol. */
  ownSelector(name: string, argumentCount: number): Selector {
    const known = this.protocol.methods.get(name)?.selectors ?? this.#own.get(name);
    if (known) return formOf(known, argumentCount);
    const made = selectorsFor(name, this.handlers.length, false);
    this.handlers.push(this.#handler(name));
    this.#own.set(name, made);
    return formOf(made, argumentCount);
  }

  /** The handler table while the actor behaves so; fails with `invalid` for an unknown name. */
  behaviour(name: string): readonly Handler[] {
    const made = this.#behaviours.get(name);
    if (made) return made;
    const { behaviours = {} } = this.type;
    const changes = Object.hasOwn(behaviours, name) ? behaviours[name] : undefined;
    if (!changes) {
      const known = Object.keys(behaviours).join(", ") || "none";
      const text = `${this.type.name} has no behaviour "${name}"; its static behaviours are: ${known}`;
      throw new Failure("invalid", text);
    }
    const handlers = [...this.handlers];
    for (const [method, instead] of Object.entries(changes)) {
      const selector = this.ownSelector(method, 0);
      handlers[selector.index] = this.#handler(instead);
    }
    this.#behaviours.set(name, handlers);
    return handlers;
  }

  /** The name under which a behaviour was made; undefined for none. */
  nameOf(behaviour: readonly Handler[] | undefined): string | undefined {
    return [...this.#behaviours].find(([, made]) => made === behaviour)?.[0];
  }

  #handler(name: string): Handler {
    const found: unknown = Reflect.get(this.type.prototype, name);
    if (isHandler(found)) return found;
    const { type } = this;
    // Not on the prototype: perhaps each instance has its own.
    return function (this: object, ...args: unknown[]): unknown {
      const own: unknown = Reflect.get(this, name);
      if (isHandler(own)) return own.apply(this, args);
      throw new Failure("internal", `${type.name} has no handler for ${name}; write one`);
    };
  }
}

const isHandler = (value: unknown): value is Handler => typeof value === "function";

const policies: readonly WhenFull[] = [
  "reject",
  "drop-oldest",
  "drop-lowest-priority",
  "backpressure",
];

/** Of its protocol, or one that the actor sends itself. */
const isMessageOf = (type: ActorClass, method: string): boolean =>
  type.protocol.methods.has(method) || method in type.prototype;

function checkBehaviours(type: ActorClass): void {
  for (const [name, behaviour] of Object.entries(type.behaviours ?? {})) {
    for (const method of Object.keys(behaviour)) {
      if (isMessageOf(type, method)) continue;
      const text = `behaviour "${name}" of ${type.name} handles ${method} otherwise, which is no message of ${type.protocol.id}`;
      throw new Failure("invalid", text);
    }
  }
}

function checked(type: ActorClass, spec: MailboxSpec): MailboxSpec {
  const wrong = (what: string): Failure =>
    new Failure("invalid", `the mailbox of ${type.name} cannot be so: ${what}`);
  const { capacity, bytesMax, priorities, whenFull } = spec;
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw wrong(`capacity is ${capacity}; give a whole number from 1`);
  }
  if (bytesMax !== undefined && !(bytesMax > 0)) {
    throw wrong(`bytesMax is ${bytesMax}; give a number above 0`);
  }
  if (!policies.includes(whenFull)) {
    throw wrong(`whenFull is ${String(whenFull)}; give one of ${policies.join(", ")}`);
  }
  for (const [method, rank] of Object.entries(priorities ?? {})) {
    if (!isMessageOf(type, method)) {
      throw wrong(`it ranks ${method}, which is no message of ${type.protocol.id}`);
    }
    if (Number.isInteger(rank) && rank >= 0 && rank <= rankMax) continue;
    throw wrong(`the priority of ${method} is ${rank}; give a whole number from 0 to ${rankMax}`);
  }
  if (whenFull === "drop-lowest-priority" && priorities === undefined) {
    throw wrong("it is to drop the lowest priority but has no priorities");
  }
  return spec;
}
