// Troupe: from a message that makes an actor fail to the answer of the instance that took its place.
import type { Ref } from "#protocols/actor-ref.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor, startLocalSystem } from "#runtime/index.ts";
import type { Trial } from "../contender.ts";
import { silent } from "./silent-log.ts";

interface Fragile {
  fail(): void;
  instance(): number;
}
const Fragile = protocol<Fragile>("bench.Fragile@1", { fail: tell, instance: ask });

interface Births {
  count: number;
}

class FragileActor extends Actor<Fragile, { births: Births }> implements Handlers<Fragile> {
  static readonly protocol = Fragile;
  static initial = (births: Births) => ({ births });

  override start(): void {
    this.state.births.count += 1;
  }

  fail(): void {
    throw new Error("on purpose");
  }

  instance(): number {
    return this.state.births.count;
  }
}

interface Parent {
  child(): Ref<Fragile>;
}
const Parent = protocol<Parent>("bench.Parent@1", { child: ask });

class ParentActor extends Actor<Parent, { births: Births }> implements Handlers<Parent> {
  static readonly protocol = Parent;
  static readonly supervise = {
    strategy: "one-for-one",
    restartsMax: 100_000,
    withinMs: 1,
    backoff: { delayMsMin: 0, delayMsMax: 0, factor: 1, jitter: 0 },
  } as const;
  static initial = (births: Births) => ({ births });

  child(): Ref<Fragile> {
    return this.ctx.spawn(FragileActor, this.state.births);
  }
}

export async function restart(): Promise<Trial> {
  const system = await startLocalSystem({ log: silent });
  const births = { count: 0 };
  const fragile = await system.spawn(ParentActor, births).child();
  return {
    run: async (count) => {
      const latenciesMs: number[] = [];
      const before = await fragile.instance();
      for (let index = 0; index < count; index += 1) {
        const startedAt = performance.now();
        fragile.fail();
        await fragile.instance();
        latenciesMs.push(performance.now() - startedAt);
      }
      return { count: births.count - before, latenciesMs };
    },
  };
}
