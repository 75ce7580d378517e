// A keyed actor for tests that notes what it handles, and the record of all of them, which sees when two
// of one key live at a time, when a fence does not grow, and when a sender's numbers do not.
import { ask, type Handlers, protocol, type Ref, tell } from "#protocols/index.ts";
import type { Keyed } from "#runtime/cluster/keyed/keyed.ts";
import { Actor } from "#runtime/core/actor.ts";

export interface Tally {
  /** The sender's numbers grow. */
  count(sender: string, number: number): void;
  add(sender: string, number: number): number;
  total(): number;
  where(): string;
  /** Answers after so many ms. */
  slowly(ms: number): string;
  later(ms: number): string;
  /** The total of another, asked for by this one. */
  totalOf(other: Ref<Tally>): number;
  fail(): void;
  end(): void;
}
export const Tally = protocol<Tally>("test.Tally@1", {
  count: tell,
  add: ask,
  total: ask,
  where: ask,
  slowly: ask,
  later: ask,
  totalOf: ask,
  fail: tell,
  end: tell,
});

export interface Handled {
  readonly node: string;
  readonly fence: number;
  readonly sender: string;
  readonly number: number;
}

/** Outside of all nodes, in memory. */
export class LifeRecord {
  readonly problems: string[] = [];
  readonly handled = new Map<string, Handled[]>();
  /** By key: the nodes on which it lives now. */
  readonly #living = new Map<string, string[]>();
  readonly #fences = new Map<string, { readonly fence: number; readonly node: string }>();
  readonly #last = new Map<string, number>();
  begun = 0;

  began(key: string, node: string, fence: number): void {
    this.begun += 1;
    const living = this.#living.get(key) ?? [];
    if (living.length > 0) this.problems.push(`${key} begins on ${node} and lives on ${living}`);
    this.#living.set(key, [...living, node]);
    const before = this.#fences.get(key);
    const hasGrown =
      !before || fence > before.fence || (fence === before.fence && node === before.node);
    if (!hasGrown) {
      this.problems.push(`${key} has fence ${fence} on ${node} after ${before.fence}`);
    }
    this.#fences.set(key, { fence, node });
  }

  ended(key: string, node: string): void {
    const living = this.#living.get(key) ?? [];
    this.#living.set(key, living.toSpliced(living.indexOf(node), 1));
  }

  /** The process of that node is no more, and with it all that lived there. */
  died(node: string): void {
    for (const [key, living] of this.#living) {
      this.#living.set(
        key,
        living.filter((each) => each !== node),
      );
    }
  }

  livingOn(node: string): number {
    return [...this.#living.values()].filter((living) => living.includes(node)).length;
  }

  livesOn(key: string): readonly string[] {
    return this.#living.get(key) ?? [];
  }

  noted(key: string, handled: Handled): void {
    const { fence, node, number, sender } = handled;
    const fences = this.#fences.get(key);
    if (fences && fence < fences.fence) {
      this.problems.push(`${key} handles ${sender} ${number} on ${node} with an old fence`);
    }
    const last = this.#last.get(`${sender} to ${key}`) ?? 0;
    if (number <= last) this.problems.push(`${key} has ${sender} ${number} after ${last}`);
    this.#last.set(`${sender} to ${key}`, number);
    const all = this.handled.get(key) ?? [];
    all.push(handled);
    this.handled.set(key, all);
  }

  countOf(key: string): number {
    return this.handled.get(key)?.length ?? 0;
  }

  get countOfAll(): number {
    return [...this.handled.values()].reduce((sum, { length }) => sum + length, 0);
  }
}

export interface TallyArguments extends Keyed {
  readonly record: LifeRecord;
}

interface TallyState extends TallyArguments {
  total: number;
}

export class TallyActor extends Actor<Tally, TallyState> implements Handlers<Tally> {
  static readonly protocol = Tally;
  static initial = (args: TallyArguments): TallyState => ({ ...args, total: 0 });

  override start(): void {
    const { fence, key, record } = this.state;
    record.began(key, this.ctx.node.name, fence);
  }

  override stopped(): void {
    this.state.record.ended(this.state.key, this.ctx.node.name);
  }

  count(sender: string, number: number): void {
    this.add(sender, number);
  }

  add(sender: string, number: number): number {
    const { fence, key, record } = this.state;
    record.noted(key, { node: this.ctx.node.name, fence, sender, number });
    this.state.total += 1;
    return this.state.total;
  }

  total(): number {
    return this.state.total;
  }

  where(): string {
    return this.ctx.node.name;
  }

  async slowly(ms: number): Promise<string> {
    await this.ctx.sleep(ms);
    return this.ctx.node.name;
  }

  later(ms: number) {
    return this.ctx.defer(this.ctx.sleep(ms).then(() => "late"));
  }

  totalOf(other: Ref<Tally>): Promise<number> {
    return other.total();
  }

  fail(): void {
    throw new Error("it was told to");
  }

  end(): void {
    this.ctx.stop(undefined, { pending: "drain" });
  }
}
