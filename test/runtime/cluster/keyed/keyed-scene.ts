// A few nodes that host tallies, on one virtual time.
import { type KeyedActors, keyed } from "#runtime/cluster/keyed/keyed.ts";
import { ClusterStage, type StageNode } from "../directory/cluster-stage.ts";
import { LifeRecord, Tally, TallyActor } from "./tally-actor.ts";

export interface TallyHost extends StageNode {
  readonly tallies: KeyedActors<Tally>;
}

export interface TallyTerms {
  readonly shards?: number;
  readonly idleMs?: number;
  readonly livingMax?: number;
  readonly heldMax?: number;
}

export class KeyedScene {
  readonly stage = new ClusterStage([Tally]);
  readonly record = new LifeRecord();
  readonly #terms: TallyTerms;

  constructor(terms: TallyTerms = {}) {
    this.#terms = terms;
  }

  get time() {
    return this.stage.time;
  }

  /** The first node has the directory. */
  async node(name: string, incarnation = 1): Promise<StageNode> {
    return this.stage.start(name, { incarnation });
  }

  async host(name: string, incarnation = 1): Promise<TallyHost> {
    const node = await this.node(name, incarnation);
    return this.hostOn(node);
  }

  async hostOn(node: StageNode): Promise<TallyHost> {
    const { record } = this;
    const terms = { kind: "tally", shards: 32, ...this.#terms, args: { record } };
    const tallies = keyed(node, TallyActor, terms);
    await this.time.until(tallies.ready);
    return { ...node, tallies };
  }

  async caller(name: string): Promise<TallyHost> {
    const node = await this.node(name);
    const tallies = keyed(node, Tally, { kind: "tally", shards: this.#terms.shards ?? 32 });
    await this.time.until(tallies.ready);
    return { ...node, tallies };
  }

  /** Until all shards are owned by those that should have them. */
  async settled(...hosts: readonly TallyHost[]): Promise<void> {
    const shards = this.#terms.shards ?? 32;
    const isSettled = (): boolean => {
      const all = hosts.map(({ tallies }) => tallies.status);
      return (
        all.every(({ moving, reachable }) => moving === 0 && reachable === shards) &&
        all.reduce((sum, { owned }) => sum + owned, 0) === shards
      );
    };
    if (!(await this.time.advanceUntil(isSettled, 60_000))) {
      const seen = hosts.map(({ node, tallies }) => ({ name: node.name, ...tallies.status }));
      throw new Error(`the shards do not come to rest: ${JSON.stringify(seen)}`);
    }
  }

  end(): Promise<void> {
    return this.stage.end();
  }
}
