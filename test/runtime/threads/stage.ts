// A system with threads, an actor that tells what it hears, and a supervisor whose decisions are given.
import { EventEmitter, once } from "node:events";
import type { TestContext } from "node:test";
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { type Ack, ack, ask, type Handlers, protocol } from "#protocols/protocol.ts";
import type { LogLevel } from "#runtime/core/ports.ts";
import { Actor, type ActorSystem, startLocalSystem } from "#runtime/index.ts";
import type { Listener } from "./threaded-actors.ts";

interface Ear extends Listener {
  watch(ref: AnyRef): Ack;
}
const Ear = protocol<Ear>("test.threads.Listener@1", {
  heard: (): { kind: "tell"; control: boolean } => ({ kind: "tell", control: false }),
  double: ask,
  watch: ask,
});

export interface LogLine {
  readonly level: LogLevel;
  readonly actor: string;
  readonly message: string;
}

export interface Stage {
  readonly system: ActorSystem;
  readonly ear: Ref<Ear>;
  /** All that the ear was told so far. */
  readonly heard: readonly string[];
  readonly log: readonly LogLine[];
  /** Settles when the ear is told something that begins so; at once when it was before. */
  hearing(text: string): Promise<string>;
}

/** Waits at most so many milliseconds for anything. */
const msMax = 15_000;

export async function stage(t: TestContext): Promise<Stage> {
  const heard: string[] = [];
  const log: LogLine[] = [];
  const news = new EventEmitter();

  class EarActor extends Actor<Ear> implements Handlers<Ear> {
    static readonly protocol = Ear;
    heard(text: string): void {
      heard.push(text);
      news.emit("heard");
    }
    double(value: number): number {
      return value * 2;
    }
    watch(ref: AnyRef): Ack {
      this.ctx.watch(ref);
      return ack;
    }
    override terminated(ref: AnyRef, exit: Exit): void {
      this.heard(`terminated ${ref.$.address.path} ${exit.kind}`);
    }
  }

  const system = await startLocalSystem({
    name: "home",
    log: { write: (level, actor, message) => log.push({ level, actor, message }) },
    fatal: () => {},
  });
  t.after(() => system.stop());
  const ear = system.spawn(EarActor, { name: "ear" });
  return {
    system,
    ear,
    heard,
    log,
    hearing: async (text) => {
      const signal = AbortSignal.timeout(msMax);
      for (;;) {
        const found = heard.find((line) => line.startsWith(text));
        if (found !== undefined) return found;
        await once(news, "heard", { signal });
      }
    },
  };
}

/** Settles when the condition holds; looks again after each turn of the event loop. */
export async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + msMax;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`it did not become so in ${msMax} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
