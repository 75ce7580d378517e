// A test actor that writes down what it receives, so that a test can expect it: in virtual time, which
// moves until it comes or the time is over. What was expected is taken off; what is left stays for the
// next expectation, in the order in which it came.
import { isDeepStrictEqual } from "node:util";
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { Arguments, Protocol } from "#protocols/protocol.ts";
import { ActorRef } from "#runtime/core/ref.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { type ProbeDiary, probeClass, type Received } from "./probe-actor.ts";
import { disappointed, formatReceived } from "./probe-report.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface ProbeOptions {
  /** Last part of its path. Default: made up. */
  readonly name?: string;
  /** Milliseconds of virtual time that an expectation waits. Default: 3,000. */
  readonly within?: number;
}

export interface Waiting {
  /** Milliseconds of virtual time. */
  readonly within?: number;
}

/** The arguments themselves, or what must be true of them. Refs are equal when they mean one actor. */
export type ExpectedArguments<A extends readonly unknown[]> = A | ((...args: A) => boolean);

export interface Probe<P> {
  readonly ref: Ref<P>;
  /** All messages since the beginning, those that were expected already included. */
  readonly received: readonly Received<P>[];
  /** The next message is this one; fails when another comes first, or none in time. */
  expectMessage<M extends keyof P & string>(
    method: M,
    args?: ExpectedArguments<Arguments<P[M]>>,
    waiting?: Waiting,
  ): Promise<Received<P, M>>;
  /** The first message of which it is true; those before it are thrown away. */
  fishFor(isWanted: (message: Received<P>) => boolean, waiting?: Waiting): Promise<Received<P>>;
  /** For so many milliseconds nothing comes, and nothing that came is still to be expected. */
  expectNothing(quiet: { readonly for: number }): Promise<void>;
  /** The actor ends, or has ended; how. Fails when it has not in time. Watches it if need be. */
  expectTerminated(ref: AnyRef, waiting?: Waiting): Promise<Exit>;
  /** From now on it hears of that actor's end. */
  watch(ref: AnyRef): void;
  /**
   * Answers this ask by itself from now on; what `answer` throws refuses the ask. Without it, an ask
   * stays open until the test answers it (`message.reply`, `message.refuse`) or its time is over.
   * Fails with `invalid` for a method that is no ask.
   */
  answer<M extends keyof P & string>(method: M, answer: Answer<P[M]>): void;
  /** Forgets what came and was not expected. */
  ignoreRest(): void;
}

export type Answer<F> = F extends (...args: infer A) => infer R
  ? (...args: A) => R | Promise<R>
  : never;

const withinDefault = 3_000;

/** Fails with what `spawn` fails with. */
export function createProbe<P>(
  world: { readonly system: ActorSystem; readonly time: VirtualTime },
  protocol: Protocol<P>,
  options: ProbeOptions = {},
): Probe<P> {
  const { system, time } = world;
  const { type, diary } = probeClass(protocol, () => time.now());
  const ref = system.spawn(type, options.name === undefined ? {} : { name: options.name });
  const asks = [...protocol.methods.values()].filter(({ kind }) => kind.kind === "ask");
  return new SpawnedProbe({
    ...{ ref, diary, time },
    asks: new Set(asks.map(({ name }) => name)),
    within: options.within ?? withinDefault,
  });
}

class SpawnedProbe<P> implements Probe<P> {
  readonly ref: Ref<P>;
  readonly #diary: ProbeDiary<P>;
  readonly #time: VirtualTime;
  readonly #asks: ReadonlySet<string>;
  readonly #within: number;
  /** Messages that no expectation has taken; the diary keeps all. */
  #taken = 0;

  constructor(parts: {
    readonly ref: Ref<P>;
    readonly diary: ProbeDiary<P>;
    readonly time: VirtualTime;
    readonly asks: ReadonlySet<string>;
    readonly within: number;
  }) {
    this.ref = parts.ref;
    this.#diary = parts.diary;
    this.#time = parts.time;
    this.#asks = parts.asks;
    this.#within = parts.within;
  }

  get received(): readonly Received<P>[] {
    return this.#diary.messages;
  }

  async expectMessage<M extends keyof P & string>(
    method: M,
    args?: ExpectedArguments<Arguments<P[M]>>,
    { within = this.#within }: Waiting = {},
  ): Promise<Received<P, M>> {
    const wanted = formatWanted(method, args);
    await this.#time.advanceUntil(() => this.#next !== undefined, within);
    const next = this.#next;
    if (!next) throw this.#disappointed(`${wanted} within ${within} ms`, "nothing came");
    if (!isOf(next, method) || !fits(next.args, args)) {
      throw this.#disappointed(`${wanted} as the next message`, `${formatReceived(next)} came`);
    }
    this.#taken += 1;
    return next;
  }

  async fishFor(
    isWanted: (message: Received<P>) => boolean,
    { within = this.#within }: Waiting = {},
  ): Promise<Received<P>> {
    const endMs = this.#time.now() + within;
    for (;;) {
      const leftMs = Math.max(0, endMs - this.#time.now());
      await this.#time.advanceUntil(() => this.#next !== undefined, leftMs);
      const next = this.#next;
      if (!next) throw this.#disappointed(`the wanted message within ${within} ms`, "none fitted");
      this.#taken += 1;
      if (isWanted(next)) return next;
    }
  }

  async expectNothing(quiet: { readonly for: number }): Promise<void> {
    const hasCome = (): boolean =>
      this.#next !== undefined || this.#diary.terminated.some((notice) => !notice.isExpected);
    if (!(await this.#time.advanceUntil(hasCome, quiet.for))) return;
    const notice = this.#diary.terminated.find((candidate) => !candidate.isExpected);
    const seen = this.#next
      ? `${formatReceived(this.#next)} came`
      : `${notice?.ref.$.toString()} ended`;
    throw this.#disappointed(`nothing for ${quiet.for} ms`, seen);
  }

  async expectTerminated(ref: AnyRef, { within = this.#within }: Waiting = {}): Promise<Exit> {
    const key = addressKey(ref.$.address);
    const find = () =>
      this.#diary.terminated.find(
        (notice) => !notice.isExpected && addressKey(notice.ref.$.address) === key,
      );
    if (!find()) this.watch(ref);
    await this.#time.advanceUntil(() => find() !== undefined, within);
    const notice = find();
    if (!notice) {
      const text = `the end of ${ref.$.toString()} within ${within} ms`;
      throw this.#disappointed(text, "it did not end");
    }
    notice.isExpected = true;
    return notice.exit;
  }

  watch(ref: AnyRef): void {
    this.#diary.watch(ref);
  }

  answer<M extends keyof P & string>(method: M, answer: Answer<P[M]>): void {
    if (!this.#asks.has(method)) {
      const asks = [...this.#asks].join(", ") || "none";
      throw new Failure(
        "invalid",
        `${method} is no ask, so nobody waits for an answer; asks: ${asks}`,
      );
    }
    this.#diary.answers.set(method, answer);
  }

  ignoreRest(): void {
    this.#taken = this.#diary.messages.length;
    for (const notice of this.#diary.terminated) notice.isExpected = true;
  }

  get #next(): Received<P> | undefined {
    return this.#diary.messages[this.#taken];
  }

  #disappointed(wanted: string, seen: string): Error {
    return disappointed(
      { probe: this.ref.$.toString(), wanted, seen, nowMs: this.#time.now() },
      this.#diary,
      this.#taken,
    );
  }
}

const isOf = <P, M extends keyof P & string>(
  message: Received<P>,
  method: M,
): message is Received<P, M> & Received<P> => message.method === method;

function fits<A extends readonly unknown[]>(
  args: readonly unknown[],
  expected: ExpectedArguments<A> | undefined,
): boolean {
  if (expected === undefined) return true;
  if (typeof expected === "function") return Reflect.apply(expected, undefined, args) === true;
  return (
    args.length === expected.length && expected.every((one, index) => isEqual(args[index], one))
  );
}

function isEqual(seen: unknown, wanted: unknown): boolean {
  if (seen instanceof ActorRef && wanted instanceof ActorRef) {
    return addressKey(seen.$.address) === addressKey(wanted.$.address);
  }
  return isDeepStrictEqual(seen, wanted);
}

function formatWanted(method: string, args: unknown): string {
  if (args === undefined) return `${method}(…)`;
  if (typeof args === "function") return `${method} with arguments that fit`;
  return formatReceived({ method, args: Array.isArray(args) ? args : [] });
}
