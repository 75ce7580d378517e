// The actor behind a probe: its class is made for the protocol, with a handler for each method that
// writes the message down. An ask stays open while the actor goes on.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { type Arguments, Deferred, type Protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { Context } from "#runtime/core/context.ts";
import { reply as refusal } from "#runtime/core/reply.ts";

type Reply<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never;

/** A message that a probe has received. */
export interface Received<P, M extends keyof P & string = keyof P & string> {
  readonly method: M;
  readonly args: Arguments<P[M]>;
  /** On the virtual clock. */
  readonly atMs: number;
  readonly isAsk: boolean;
  /** Answers the ask. Fails with `invalid` for a tell, and when it was answered already. */
  reply(value: Reply<P[M]>): void;
  /** Refuses the ask with that failure; fails like `reply`. */
  refuse(failure: Failure): void;
}

/** What a probe's actor has heard; it outlives the actor. */
export interface ProbeDiary<P> {
  readonly messages: Received<P>[];
  readonly terminated: { readonly ref: AnyRef; readonly exit: Exit; isExpected: boolean }[];
  readonly answers: Map<string, (...args: never[]) => unknown>;
  watch(ref: AnyRef): void;
}

// Biome's and the compiler's view of a class made at run time: nothing but a constructor.
interface ProbeClass<P> {
  readonly protocol: Protocol<P>;
  readonly mailbox: { readonly capacity: number; readonly whenFull: "reject" };
  new (): object;
}

/** More waiting messages than any test looks at. */
const capacity = 1_000_000;

/** A class whose actor writes into the diary. One class, one probe. */
export function probeClass<P>(
  protocol: Protocol<P>,
  now: () => number,
): { readonly type: ProbeClass<P>; readonly diary: ProbeDiary<P> } {
  let context: Context<P> | undefined;
  const early: AnyRef[] = [];
  const diary: ProbeDiary<P> = {
    messages: [],
    terminated: [],
    answers: new Map(),
    watch: (ref) => {
      if (context) context.watch(ref);
      else early.push(ref);
    },
  };
  class ProbeActor extends Actor<P> {
    static readonly protocol = protocol;
    static readonly mailbox = { capacity, whenFull: "reject" } as const;
    override start(): void {
      context = this.ctx;
      for (const ref of early.splice(0)) this.ctx.watch(ref);
    }
    override terminated(ref: AnyRef, exit: Exit): void {
      diary.terminated.push({ ref, exit, isExpected: false });
    }
  }
  for (const { name, kind } of protocol.methods.values()) {
    const value = (...args: readonly unknown[]): Deferred<unknown> | undefined => {
      const open = new OpenMessage(name, args, now(), kind.kind === "ask");
      diary.messages.push(typed(open));
      if (!open.isAsk) return undefined;
      const answer = diary.answers.get(name);
      if (answer) open.settleWith(() => Reflect.apply(answer, undefined, args));
      return new Deferred(open.outcome);
    };
    Object.defineProperty(ProbeActor.prototype, name, { value });
  }
  return { type: ProbeActor, diary };
}

class OpenMessage {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly atMs: number;
  readonly isAsk: boolean;
  /** Settles when the ask is answered or refused. */
  readonly outcome: Promise<unknown>;
  #settle: ((make: () => unknown) => void) | undefined;

  constructor(method: string, args: readonly unknown[], atMs: number, isAsk: boolean) {
    this.method = method;
    this.args = args;
    this.atMs = atMs;
    this.isAsk = isAsk;
    this.outcome = new Promise((resolve) => {
      if (isAsk) this.#settle = (make) => resolve(Promise.resolve().then(make));
    });
  }

  reply(value: unknown): void {
    this.settleWith(() => value);
  }

  refuse(failure: Failure): void {
    this.settleWith(() => {
      throw refusal(failure);
    });
  }

  settleWith(make: () => unknown): void {
    const settle = this.#settle;
    if (!settle) {
      const why = this.isAsk ? "was answered already" : "is a tell: nobody waits for an answer";
      throw new Failure("invalid", `${this.method} ${why}`);
    }
    this.#settle = undefined;
    settle(make);
  }
}

// The handlers are made from the protocol's own table, which the type system cannot see.
// biome-ignore lint/suspicious/noExplicitAny: the one place where a received message gets its type.
const typed = (message: OpenMessage): any => message;
