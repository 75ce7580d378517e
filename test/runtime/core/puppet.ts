// An actor without a will of its own: each message holds what its handler does. So a test shows what
// is said and what is done in one place. A function passes by reference inside a process; between
// nodes it is carried (`carried-plays.ts`).
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { ask, type Deferred, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { LifeTerms, MailboxSpec } from "#runtime/core/actor-class.ts";
import type { Context } from "#runtime/core/context.ts";
import type { SupervisionSpec } from "#runtime/core/supervision.ts";
import { MemoryNetwork } from "#runtime/testkit/memory-network.ts";
import { createTestSystem, type TestSystem } from "#runtime/testkit/test-system.ts";
import { VirtualTime } from "#runtime/testkit/virtual-time.ts";
import { CarriedPlays } from "./carried-plays.ts";

export type Value = string | number | undefined | AnyRef | readonly string[];

/** What only the puppet sends itself. */
interface Own {
  /** From timers and `ctx.send`. */
  rung(text: string): void;
  play(play: Play): void;
  piped(value: string): void;
  failed(failure: FailureData): void;
}
export type PuppetContext = Context<Puppet, Own>;

/** Given the context of whoever handles it, and the refs that came with the message. */
export type Play = (
  ctx: PuppetContext,
  ...refs: readonly Ref<Puppet>[]
) => Value | Promise<Value> | Deferred<Value>;
export type Hint = (ctx: PuppetContext, ...refs: readonly Ref<Puppet>[]) => void | Promise<void>;

export interface Puppet {
  act(play: Play, ...refs: readonly Ref<Puppet>[]): Value;
  /** Readonly. */
  look(play: Play, ...refs: readonly Ref<Puppet>[]): Value;
  hint(hint: Hint, ...refs: readonly Ref<Puppet>[]): void;
}
export const Puppet = protocol<Puppet>("test.Puppet@1", {
  act: ask,
  look: ask({ readonly: true }),
  hint: tell,
});

export interface Strings {
  readonly diary: string[];
  readonly start?: Hint;
  readonly stopped?: Hint;
  readonly terminated?: Hint;
}

export class PuppetActor extends Actor<Puppet, Strings, Own> implements Handlers<Puppet> {
  static readonly protocol = Puppet;
  static readonly stashMax: number = 3;
  static readonly behaviours = {
    deaf: { act: "ignore" },
    aside: { act: "setAside", hint: "setAside", look: "setAside" },
  };
  static initial = (strings: Strings) => strings;
  override start(): void | Promise<void> {
    return this.state.start?.(this.ctx);
  }
  override stopped(_exit: Exit): void | Promise<void> {
    return this.state.stopped?.(this.ctx);
  }
  override terminated(): void | Promise<void> {
    return this.state.terminated?.(this.ctx);
  }
  act(play: Play, ...refs: readonly Ref<Puppet>[]): ReturnType<Play> {
    return play(this.ctx, ...refs);
  }
  look(play: Play, ...refs: readonly Ref<Puppet>[]): ReturnType<Play> {
    return play(this.ctx, ...refs);
  }
  hint(hint: Hint, ...refs: readonly Ref<Puppet>[]): void | Promise<void> {
    return hint(this.ctx, ...refs);
  }
  ignore(): Value {
    return "ignored";
  }
  setAside(): Value {
    return this.ctx.stash();
  }
  rung(text: string): void {
    this.state.diary.push(text);
  }
  play(play: Play): void {
    play(this.ctx);
  }
  piped(value: string): void {
    this.state.diary.push(`piped ${value}`);
  }
  failed(failure: FailureData): void {
    this.state.diary.push(`failed ${failure.code}`);
  }
}

export interface Casting extends LifeTerms, Partial<Omit<Strings, "diary">> {
  readonly name?: string;
  readonly mailbox?: MailboxSpec;
}

/** Restarts at once, as often as it takes. */
export const restartAtOnce: SupervisionSpec = {
  strategy: "one-for-one",
  restartsMax: Number.POSITIVE_INFINITY,
  withinMs: 1_000,
  backoff: { delayMsMin: 0, delayMsMax: 0, factor: 1, jitter: 0 },
};

export interface PuppetStage extends TestSystem {
  readonly diary: string[];
  puppet(casting?: Casting): Ref<Puppet>;
}

export function puppetsOn(test: TestSystem): PuppetStage {
  const diary: string[] = [];
  const puppet = ({ start, stopped, terminated, ...options }: Casting = {}): Ref<Puppet> => {
    const strings: Strings = {
      diary,
      ...(start && { start }),
      ...(stopped && { stopped }),
      ...(terminated && { terminated }),
    };
    return test.system.spawn(PuppetActor, strings, options);
  };
  return { ...test, diary, puppet };
}

export const createPuppets = (options: { readonly seed?: number } = {}): PuppetStage =>
  puppetsOn(
    createTestSystem({
      supervise: restartAtOnce,
      ...(options.seed !== undefined && { order: { seed: options.seed } }),
    }),
  );

export interface PuppetNodes {
  readonly time: VirtualTime;
  readonly network: MemoryNetwork;
  readonly nodes: readonly [PuppetStage, PuppetStage, PuppetStage];
}

/** Three nodes, n1 to n3, on one virtual time and one network. */
export async function createPuppetNodes(): Promise<PuppetNodes> {
  const time = new VirtualTime();
  const network = new MemoryNetwork();
  const plays = new CarriedPlays();
  const create = async (name: string, incarnation: number): Promise<PuppetStage> => {
    const node = { name, incarnation };
    const created: TestSystem = createTestSystem({
      node,
      time,
      timers: time.createTimers(),
      transport: plays.over(network.transportOf(node, () => created.system)),
      protocols: [Puppet],
      director: "n1",
      supervise: restartAtOnce,
    });
    await created.system.start();
    return puppetsOn(created);
  };
  const nodes = [await create("n1", 3), await create("n2", 5), await create("n3", 7)] as const;
  return { time, network, nodes };
}

/** The same actor as another node's refs to it have it. */
export const seenFrom = ({ system }: TestSystem, ref: Ref<Puppet>): Ref<Puppet> =>
  system.refFrom(Puppet, ref);

/** The last part of a ref's path; `nobody` without one. */
export const nameOf = (ref: AnyRef | undefined): string =>
  ref?.$.address.path.split("/").at(-1) ?? "nobody";

/** Who sent the message in progress. */
export const askedBy: Play = (ctx) => nameOf(ctx.sender);

/** The value of an ask, or the code that it failed with. */
export const outcomeOf = async (promise: Promise<Value>): Promise<Value> =>
  promise.catch((error: unknown) => Failure.of(error).code);

/** Something that a test lets happen. */
export class Latch {
  readonly opened: Promise<void>;
  #open: () => void = () => {};

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
  }
}
