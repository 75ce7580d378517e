// Those behind a router: how much each has to do, and how a message goes to the ones chosen.
import type { AnyRef, CallOptions } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import { ack, type Deferred, type MethodSpec } from "#protocols/protocol.ts";
import { reply } from "#runtime/core/reply.ts";
import { firstSuccess } from "./first-success.ts";
import { type Call, loadOf, passAsk, passTell, termsOf } from "./forwarding.ts";
import { hashOf } from "./rendezvous-hash.ts";
import { type Candidate, choose, type RoutingPolicy } from "./routing-policy.ts";

/** What a router's context must offer for a message to be passed on. */
export interface RoutingContext {
  readonly path: string;
  readonly remaining: number;
  readonly signal: AbortSignal;
  forward(to: AnyRef): unknown;
  random(): number;
  defer<R>(promise: Promise<R>): Deferred<R>;
}

/**
 * What becomes of an ask that goes to one routee. `counted`: its answer comes back this way, so that
 * one knows how much each has to do. `forwarded`: it goes straight to the asker, which costs less.
 */
export type AskWay = "counted" | "forwarded";

/** One actor behind a router. */
export class Routee implements Candidate {
  readonly ref: AnyRef;
  /** Node and path: the same after a restart of either side, so that keys stay where they are. */
  readonly name: string;
  readonly nameHash: number;
  #asksInFlight = 0;
  readonly #ended = (): void => {
    this.#asksInFlight -= 1;
  };

  constructor(ref: AnyRef) {
    const { node, path } = ref.$.address;
    this.ref = ref;
    this.name = `${node.name}${path}`;
    this.nameHash = hashOf(this.name);
  }

  /** An ask that it has, in hand or waiting, is in both numbers: hence the greater, not the sum. */
  get load(): number {
    return Math.max(this.#asksInFlight, loadOf(this.ref));
  }

  ask(call: Call, terms: CallOptions): Promise<unknown> {
    const answer = passAsk(this.ref, call, terms);
    this.#asksInFlight += 1;
    answer.then(this.#ended, this.#ended);
    return answer;
  }
}

export class Routees<P> {
  readonly #policy: RoutingPolicy<P>;
  readonly #keys: ReadonlyMap<string, unknown>;
  readonly #acknowledged: ReadonlySet<string>;
  readonly #askWay: AskWay;
  readonly #all: Routee[] = [];
  #turn = 0;

  constructor(policy: RoutingPolicy<P>, askWay: AskWay) {
    this.#policy = policy;
    this.#askWay = askWay;
    this.#keys = new Map(policy.kind === "consistent" ? Object.entries(policy.keys) : []);
    this.#acknowledged = new Set(policy.kind === "broadcast" ? (policy.acknowledged ?? []) : []);
  }

  get all(): readonly Routee[] {
    return this.#all;
  }

  get load(): number {
    return this.#all.reduce((sum, routee) => sum + routee.load, 0);
  }

  /** False when it is there already. */
  add(ref: AnyRef): boolean {
    if (this.#all.some((routee) => isSame(routee.ref, ref))) return false;
    this.#all.push(new Routee(ref));
    return true;
  }

  /** The routee that was taken out, if it was there. */
  remove(ref: AnyRef): Routee | undefined {
    const index = this.#all.findIndex((routee) => isSame(routee.ref, ref));
    return index === -1 ? undefined : this.#all.splice(index, 1)[0];
  }

  /** Passes a message on: what the router's handler returns. Throws a refusal. */
  handle(ctx: RoutingContext, spec: MethodSpec, args: readonly unknown[]): unknown {
    const call: Call = { method: spec.name, args };
    if (spec.kind.kind === "ask") this.#checkAsk(ctx, call);
    const chosen = this.#choose(ctx, call);
    const [only] = chosen;
    const isOne = only !== undefined && chosen.length === 1;
    if (isOne && (spec.kind.kind === "tell" || this.#askWay === "forwarded")) {
      return ctx.forward(only.ref);
    }
    if (spec.kind.kind === "ask") return ctx.defer(this.#ask(chosen, call, termsOf(ctx)));
    for (const { ref } of chosen) tellOrRefuse(ref, call);
    return undefined;
  }

  #choose(ctx: RoutingContext, call: Call): readonly Routee[] {
    const { kind } = this.#policy;
    const key = kind === "consistent" ? this.#keyOf(call) : "";
    const chance = kind === "random" ? ctx.random() : 0;
    const request = { turn: this.#turn, chance, key };
    this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
    const chosen = choose(kind, this.#all, request)
      .map((index) => this.#all[index])
      .filter((routee) => routee !== undefined);
    if (chosen.length > 0) return chosen;
    const text = `${ctx.path} has nobody to pass ${call.method} on to; add a routee`;
    throw reply(new Failure("unavailable", text));
  }

  #checkAsk(ctx: RoutingContext, { method }: Call): void {
    if (this.#policy.kind !== "broadcast" || this.#acknowledged.has(method)) return;
    const text = `${ctx.path} asks all and can only answer "done", and ${method} is not among its acknowledged asks; name it there if it returns Ack, or ask one actor`;
    throw reply(new Failure("invalid", text));
  }

  // A key that cannot be made is the caller's mistake, and no reason for the router to crash.
  #keyOf({ method, args }: Call): string {
    const keyOf = this.#keys.get(method);
    let key: unknown;
    try {
      key = typeof keyOf === "function" ? Reflect.apply(keyOf, undefined, args) : undefined;
    } catch (cause) {
      const text = `no key can be made of this ${method}: ${Failure.of(cause).detail}`;
      throw reply(new Failure("invalid", text, cause));
    }
    if (typeof key === "string") return key;
    const text = `the key of this ${method} is ${String(key)}; let its key function return a text`;
    throw reply(new Failure("invalid", text));
  }

  #ask(chosen: readonly Routee[], call: Call, terms: CallOptions): Promise<unknown> {
    const [only] = chosen;
    switch (this.#policy.kind) {
      case "broadcast":
        return allDone(chosen.map((routee) => routee.ask(call, terms)));
      case "scatter-gather-first": {
        const contestants = chosen.map(
          (routee) => (signal: AbortSignal) => routee.ask(call, { ...terms, signal }),
        );
        return firstSuccess(contestants, { signal: terms.signal });
      }
      default:
        return only ? only.ask(call, terms) : allDone([]);
    }
  }
}

// What cannot travel to one routee can travel to none: no crash of the router, but a refusal.
function tellOrRefuse(to: AnyRef, call: Call): void {
  try {
    passTell(to, call);
  } catch (error) {
    throw reply(Failure.of(error));
  }
}

/** Waits for all, also when some fail, so that "done" and "failed" are both the end of it. */
async function allDone(answers: readonly Promise<unknown>[]): Promise<typeof ack> {
  const outcomes = await Promise.allSettled(answers);
  const failures = outcomes.filter((outcome) => outcome.status === "rejected");
  const first = failures[0];
  if (!first) return ack;
  const { code, detail } = Failure.of(first.reason);
  const text = `${failures.length} of ${outcomes.length} failed, the first: ${detail}`;
  throw new Failure(code, text, first.reason);
}

/** The same place; either may have been restarted. */
export const isSame = (a: AnyRef, b: AnyRef): boolean =>
  a === b || addressKey(a.$.address) === addressKey(b.$.address);
