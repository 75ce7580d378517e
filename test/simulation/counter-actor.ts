// A counter that is kept as its events, for simulated disks.
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { PersistentActor } from "#runtime/persistence/persistent-actor.ts";

export interface Counter {
  /** Answers how often it was counted, when that is durable. */
  count(mark: string): number;
  marks(): readonly string[];
  crash(): void;
}
export const Counter = protocol<Counter>("simulation.Counter@1", {
  count: ask(),
  marks: ask(),
  crash: tell,
});

interface Counted {
  readonly kind: "counted";
  readonly mark: string;
}

export class CounterActor
  extends PersistentActor<Counter, { readonly marks: string[] }, Counted>
  implements Handlers<Counter>
{
  static readonly protocol = Counter;
  static readonly restart = "permanent";
  static readonly persistence = { id: "counter", snapshot: { events: 7 } };
  static initial = () => ({ marks: [] });

  async count(mark: string): Promise<number> {
    await this.persist({ kind: "counted", mark });
    return this.state.marks.length;
  }

  marks(): readonly string[] {
    return [...this.state.marks];
  }

  crash(): void {
    throw new Error("told to crash");
  }

  protected override apply({ mark }: Counted): void {
    this.state.marks.push(mark);
  }
}
