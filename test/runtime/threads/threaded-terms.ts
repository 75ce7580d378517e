// Actors whose classes say how they live, for threads.
import { Failure } from "#protocols/failure.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/index.ts";

interface Aged {
  generation(): number;
}
const Aged = protocol<Aged>("test.threads.Aged@1", { generation: ask({ within: 20_000 }) });

/** Takes its time to say goodbye. */
export class LingeringActor extends Actor<Aged> implements Handlers<Aged> {
  static readonly protocol = Aged;
  static readonly module = import.meta.url;
  generation(): number {
    return 1;
  }
  override async stopped(): Promise<void> {
    await new Promise(() => {});
  }
}

/** Never done with its start. */
export class HangingActor extends Actor<Aged> implements Handlers<Aged> {
  static readonly protocol = Aged;
  static readonly module = import.meta.url;
  override async start(): Promise<void> {
    await new Promise(() => {});
  }
  generation(): number {
    return 1;
  }
}

/** Has to start at once, which a thread never does. */
export class PromptActor extends Actor<Aged> implements Handlers<Aged> {
  static readonly protocol = Aged;
  static readonly module = import.meta.url;
  static readonly startTimeoutMs = 20;
  #generation = 0;
  override start(): void {
    this.#generation += 1;
  }
  generation(): number {
    return this.#generation;
  }
}

interface Ranked {
  order(): readonly string[];
  ask(): void;
}
const Ranked = protocol<Ranked>("test.threads.Ranked@1", {
  order: ask({ within: 20_000 }),
  ask: tell,
});

/** What it sends itself goes before what others send. */
export class RankedActor
  extends Actor<Ranked, undefined, { own(): void }>
  implements Handlers<Ranked>
{
  static readonly protocol = Ranked;
  static readonly module = import.meta.url;
  static readonly mailbox = {
    capacity: 10,
    whenFull: "reject",
    priorities: { own: 0, order: 7 },
  } as const;
  readonly #order: string[] = [];
  override start(): void {
    this.ctx.self.ask();
    this.ctx.send("own");
  }
  ask(): void {
    this.#order.push("asked");
  }
  own(): void {
    this.#order.push("own");
  }
  order(): readonly string[] {
    return this.#order;
  }
}

interface Mother {
  childAfterFailure(): string;
}
const Mother = protocol<Mother>("test.threads.Mother@1", {
  childAfterFailure: ask({ within: 20_000 }),
});

class ChildActor extends Actor<Aged> implements Handlers<Aged> {
  static readonly protocol = Aged;
  generation(): number {
    throw new Failure("invalid", "the child fails");
  }
}

export class MotherActor extends Actor<Mother> implements Handlers<Mother> {
  static readonly protocol = Mother;
  static readonly module = import.meta.url;
  async childAfterFailure(): Promise<string> {
    const child = this.ctx.spawn(ChildActor);
    await child.generation().catch(() => {});
    const again = await child.generation().catch((error: unknown) => Failure.of(error).code);
    return again === "actor_stopped" ? "ended" : "begun anew";
  }
}
