// Nodes, queues and counts: each is read as a whole and kept for a moment. What a node tells as an event
// has it read again; its figures make no event, so that an answer is as old as its reading.
import type { Ref } from "#protocols/actor-ref.ts";
import { limits } from "#protocols/limits.ts";
import { stateLimits } from "#protocols/state-limits.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { NodeRecord } from "#protocols/tasks/node-record.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import type { ReadTerms, State } from "#protocols/tasks/state.ts";
import { channelKindOf, type SystemFigures } from "#protocols/tasks/state-notices.ts";
import type { Reading } from "#protocols/tasks/state-readings.ts";
import type { StoreCounts } from "#protocols/tasks/store.ts";
import type { StoreEvent } from "#protocols/tasks/task-events.ts";
import { HeldReading } from "./held-reading.ts";
import type { StoreAccess } from "./store-access.ts";
import { figuresOf, pointsOf } from "./system-figures.ts";

export interface ClusterReadPorts {
  readonly access: StoreAccess;
  readonly wall: () => number;
  readonly count: (what: "hit" | "miss" | "stale") => void;
}

export class ClusterReads {
  readonly #nodes: HeldReading<readonly NodeRecord[]>;
  readonly #queues: HeldReading<readonly QueueView[]>;
  readonly #counts: HeldReading<StoreCounts>;

  readonly #access: StoreAccess;

  constructor({ access, ...common }: ClusterReadPorts) {
    this.#access = access;
    const held = <T>(read: (store: Ref<Store>) => Promise<T>): HeldReading<T> =>
      new HeldReading({ ...common, read: async () => read(access.open()) });
    this.#nodes = held(allNodes);
    this.#queues = held((store) => store.queues());
    this.#counts = held((store) => store.counts());
  }

  async node(request: Parameters<State["node"]>[0]): Promise<Reading<NodeRecord | null>> {
    const { value, ...reading } = await this.#all(request);
    const found = value.find(({ node }) => node === request.node) ?? null;
    return { ...reading, value: found, version: found?.version ?? null };
  }

  nodes(request: Parameters<State["nodes"]>[0]): Promise<Reading<readonly NodeRecord[]>> {
    const { status, skill } = request;
    return this.#those(
      request,
      (node) =>
        (status === undefined || node.status === status) &&
        (skill === undefined || node.skills.some((held) => held.skill === skill)),
    );
  }

  onlineNodes(terms: ReadTerms): Promise<Reading<readonly NodeRecord[]>> {
    return this.#those(terms, ({ status }) => status === "online" || status === "busy");
  }

  queues({ maxAgeMs = stateLimits.readAgeMsDefault }: ReadTerms) {
    return this.#queues.get(maxAgeMs);
  }

  counts({ maxAgeMs = stateLimits.readAgeMsDefault }: ReadTerms) {
    return this.#counts.get(maxAgeMs);
  }

  /** As of the oldest of what they are made of. */
  async figures() {
    const terms = { maxAgeMs: stateLimits.readAgeMsDefault };
    const [nodes, queues, counts] = await Promise.all([
      this.#all(terms),
      this.queues(terms),
      this.counts(terms),
    ]);
    const readings = [nodes, queues, counts];
    const at = Math.min(...readings.map(({ asOf }) => asOf));
    const isStale = readings.some((reading) => reading.isStale);
    const parts = { counts: counts.value, queues: queues.value, nodes: nodes.value };
    return { figures: figuresOf({ at, isStale, ...parts }), nodes: nodes.value };
  }

  /** Writes the figures into the history. */
  async sample(): Promise<SystemFigures> {
    const { figures, nodes } = await this.figures();
    const points = pointsOf(figures, nodes);
    for (let from = 0; from < points.length; from += storeLimits.metricPointsMax) {
      const some = points.slice(from, from + storeLimits.metricPointsMax);
      await this.#access.open().recordMetrics(some);
    }
    return figures;
  }

  noted({ channel }: StoreEvent): void {
    if (channelKindOf(channel) === "node") this.#nodes.changed();
  }

  /** Whatever is read next is read anew. */
  changed(): void {
    this.#nodes.changed();
    this.#queues.changed();
    this.#counts.changed();
  }

  clear(): number {
    return this.#nodes.clear() + this.#queues.clear() + this.#counts.clear();
  }

  #all({ maxAgeMs = stateLimits.readAgeMsDefault }: ReadTerms) {
    return this.#nodes.get(maxAgeMs);
  }

  async #those(
    terms: ReadTerms,
    isMeant: (node: NodeRecord) => boolean,
  ): Promise<Reading<readonly NodeRecord[]>> {
    const { value, ...reading } = await this.#all(terms);
    return { ...reading, value: value.filter(isMeant) };
  }
}

/** By name; there are no more than that. */
async function allNodes(store: Ref<Store>): Promise<readonly NodeRecord[]> {
  const nodes: NodeRecord[] = [];
  while (nodes.length < limits.nodesKnownMax) {
    const limit = Math.min(limits.nodesKnownMax, storeLimits.recordPageMax);
    const after = nodes.at(-1)?.node;
    const page = await store.nodes(after === undefined ? { limit } : { limit, after });
    nodes.push(...page);
    if (page.length < limit) break;
  }
  return nodes;
}
