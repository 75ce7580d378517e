// A node of its own process for tests of moving: an actor that can come here, and a sender of numbers.
// Run as a program it is one of the others; it ends with whoever started it.
import type { Ref } from "#protocols/actor-ref.ts";
import { ask, type Deferred, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { startSystem } from "#runtime/start-system.ts";

export interface Heard {
  readonly count: number;
  /** Numbers that were not the ones to come. */
  readonly wrong: number;
}

interface Wide {
  hear(from: string, number: number): void;
  where(): string;
  /** Answers when so many have been heard. */
  heardAll(count: number): Heard;
}
const Wide = protocol<Wide>("test.Wide@1", {
  hear: tell,
  where: ask,
  heardAll: ask({ within: 20_000 }),
});

interface WideState {
  readonly next: Record<string, number>;
  count: number;
  wrong: number;
}

export class WideActor extends Actor<Wide, WideState> implements Handlers<Wide> {
  static readonly protocol = Wide;
  static readonly mailbox = { capacity: 200, whenFull: "backpressure" } as const;
  static initial = (): WideState => ({ next: {}, count: 0, wrong: 0 });
  #awaited: { readonly count: number; readonly resolve: (heard: Heard) => void } | undefined;

  hear(from: string, number: number): void {
    const { next } = this.state;
    if (number !== (next[from] ?? 0)) this.state.wrong += 1;
    next[from] = number + 1;
    this.state.count += 1;
    this.#answer();
  }
  where(): string {
    return this.ctx.node.name;
  }
  heardAll(count: number): Deferred<Heard> {
    const heard = new Promise<Heard>((resolve) => {
      this.#awaited = { count, resolve };
    });
    this.#answer();
    return this.ctx.defer(heard);
  }
  #answer(): void {
    const { count, wrong } = this.state;
    if (this.#awaited && count >= this.#awaited.count) this.#awaited.resolve({ count, wrong });
  }
}

interface Numberer {
  go(to: Ref<Wide>): void;
  /** Answers how many were sent. */
  halt(): number;
}
export const Numberer = protocol<Numberer>("test.Numberer@1", {
  go: tell,
  halt: ask({ within: 20_000 }),
});

interface Own {
  burst(to: Ref<Wide>): void;
}

class NumbererActor
  extends Actor<Numberer, { readonly name: string; next: number }, Own>
  implements Handlers<Numberer>
{
  static readonly protocol = Numberer;
  static initial = ({ name }: { readonly name: string }) => ({ name, next: 0 });

  override async start(): Promise<void> {
    await this.ctx.register(`numberer-${this.state.name}`);
  }
  go(to: Ref<Wide>): void {
    this.ctx.every({ ms: 2, key: "burst" }, "burst", to);
  }
  burst(to: Ref<Wide>): void {
    for (let index = 0; index < 8; index += 1) to.hear(this.state.name, this.state.next++);
  }
  halt(): number {
    this.ctx.cancel("burst");
    return this.state.next;
  }
}

export async function startNumbered(name: string, peers: ReadonlyMap<string, string>) {
  const node = await startSystem({
    node: { name, incarnation: 1 },
    bind: "tcp://127.0.0.1:*",
    director: "a",
    peers,
    protocols: [Wide, Numberer],
    actors: [WideActor],
    log: { write: () => {} },
  });
  node.system.spawn(NumbererActor, { name });
  return node;
}

const [, program = "", name, peers = "[]"] = process.argv;
if (program.endsWith("numbered-process.ts") && name !== undefined) {
  process.on("disconnect", () => process.exit());
  const known: unknown = JSON.parse(peers);
  const pairs = Array.isArray(known) ? known : [];
  const { address } = await startNumbered(
    name,
    new Map(pairs.map(([peer, at]) => [String(peer), String(at)])),
  );
  process.send?.(address);
}
