// An actor with a thread of its own: same protocol, same refs, supervised like any other.
//
//   sender ─► mailbox ─► proxy ─door─► thread: the actor itself      ─► its answer
//
// The proxy lives in its parent's thread and has the mailbox; it passes on what the thread has room
// for. It fails when the actor fails, when the thread ends or blocks; its supervisor decides. Each
// restart begins a new thread: whatever the failed one had in memory, in module state, in native
// libraries or under way is gone with it, and a throw, an exit and an endless loop end the same way.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { MethodSpec, Protocol } from "#protocols/protocol.ts";
import { selectorsFor } from "#protocols/selector.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ActorClass, LifeTimes } from "#runtime/core/actor-class.ts";
import { mailboxBefore } from "#runtime/core/mailbox-before.ts";
import { check } from "#runtime/core/terms-check.ts";
import { goodbyeMsOf, type ProxyMessages, ProxyWork } from "./proxy-work.ts";
import { type ClassPlace, placeOf, type ThreadableClass } from "./threaded-class.ts";

export interface ThreadOptions {
  /** Megabytes of its heap; more is `thread_lost`. Default: as Node decides. */
  readonly heapMbMax?: number;
  /**
   * Milliseconds that it may keep from its event loop before it is ended with `thread_lost`; Infinity:
   * for ever. Default: `limits.threadBlockedMsDefault`.
   */
  readonly blockedMsMax?: number;
  /** Messages handed over and not begun; the others wait in the mailbox. Default: `limits.threadWindowDefault`. */
  readonly window?: number;
}

/** The class as it is spawned: same protocol, same arguments. */
export type ThreadedClass<T extends ActorClass> = Pick<T, keyof T & ("protocol" | "initial")> & {
  new (): object;
};

type Terms = Required<Omit<ThreadOptions, "heapMbMax">> & Pick<ThreadOptions, "heapMbMax">;

/**
 * The class, to be spawned in a thread of its own: `ctx.spawn(inThread(ResizeActor), args)`. Make it
 * once and spawn it as often as you like. Fails with `invalid` when the class has no
 * `static readonly module = import.meta.url`, or an option makes no sense.
 */
export function inThread<T extends ThreadableClass>(
  type: T,
  options: ThreadOptions = {},
): ThreadedClass<T> {
  return inThreadFrom(placeOf(type), type, options);
}

/** The same for a class of which it is known where another thread finds it. */
export function inThreadFrom<T extends ActorClass>(
  place: ClassPlace,
  type: T,
  options: ThreadOptions = {},
): ThreadedClass<T> {
  const terms = termsOf(options);
  class ThreadProxy extends Actor<unknown, { readonly args: unknown }, ProxyMessages> {
    static readonly protocol = withoutReadonly(type.protocol);
    static readonly mailbox = mailboxBefore(type);
    static readonly restart = type.restart;
    static readonly startTimeoutMs = type.startTimeoutMs;
    static readonly stopTimeoutMs = type.stopTimeoutMs;
    static readonly standInTimes = (times: LifeTimes): LifeTimes => ({
      startTimeoutMs: times.startTimeoutMs + threadStartMs,
      stopTimeoutMs: goodbyeMsOf(times) + 1_000,
    });
    static {
      declareProxyHandlers(ThreadProxy.prototype, type.protocol, (proxy) => proxy.#work?.handle());
    }
    #work: ProxyWork | undefined;

    override async start(): Promise<void> {
      const { args } = this.state;
      this.#work = new ProxyWork(this.ctx, { type, place, args, ...terms });
      await this.#work.begin();
    }

    override async stopped(): Promise<void> {
      await this.#work?.end();
    }

    goOnAfterFailure(): void | Promise<void> {
      return this.#work?.goOn();
    }
  }

  const hasArguments = (type.initial?.length ?? 0) > 0;
  const initial = hasArguments ? (args: unknown) => ({ args }) : () => ({ args: undefined });
  Object.defineProperty(ThreadProxy, "initial", { value: initial });
  Object.defineProperty(ThreadProxy, "name", { value: `${type.name} in a thread` });
  return typed(ThreadProxy);
}

// biome-ignore lint/suspicious/noExplicitAny: generated handlers are those of the class's protocol.
const typed = (made: any): any => made;

/** A thread may take so long to begin, before the actor's own start. */
const threadStartMs = 30_000;

// A proxy hands on one message after the other; what may interleave does so in the thread.
function withoutReadonly(known: Protocol<unknown>): Protocol<unknown> {
  const methods = new Map<string, MethodSpec>();
  for (const [name, spec] of known.methods) {
    const kind = spec.kind.kind === "ask" ? { ...spec.kind, isReadonly: false } : spec.kind;
    methods.set(name, { ...spec, kind, selectors: selectorsFor(name, methods.size, false) });
  }
  return { ...known, methods };
}

function declareProxyHandlers<A extends object>(
  prototype: A,
  known: Protocol<unknown>,
  handle: (proxy: A) => unknown,
): void {
  for (const spec of known.methods.values()) {
    if (spec.name in prototype || spec.name === "state") {
      const text = `${known.id} cannot be spoken by a threaded actor: its method ${spec.name} has the name of a member of every actor; rename it`;
      throw new Failure("invalid", text);
    }
    Object.defineProperty(prototype, spec.name, {
      value(this: A): unknown {
        return handle(this);
      },
    });
  }
}

function termsOf(options: ThreadOptions): Terms {
  const {
    blockedMsMax = limits.threadBlockedMsDefault,
    window = limits.threadWindowDefault,
    heapMbMax,
  } = options;
  check(blockedMsMax >= 10, "blockedMsMax is", "a number of milliseconds from 10", blockedMsMax);
  const isWindow = Number.isInteger(window) && window >= 1 && window <= limits.mailboxMessagesMax;
  check(isWindow, "window is", `a whole number from 1 to ${limits.mailboxMessagesMax}`, window);
  if (heapMbMax !== undefined) {
    check(heapMbMax > 0, "heapMbMax is", "a number of megabytes above 0", heapMbMax);
    return { blockedMsMax, window, heapMbMax };
  }
  return { blockedMsMax, window };
}
