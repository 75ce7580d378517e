// What the registry is born with, what it holds, and what it sends itself.
import type { Ref } from "#protocols/actor-ref.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { NodeRecord } from "#protocols/tasks/node-record.ts";
import type { SkillTerms } from "#protocols/tasks/node-records.ts";
import type { Queue, QueueStatistics } from "#protocols/tasks/queue.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import type { Book } from "./known-nodes.ts";
import type { Partner, StoreMemory } from "./registry-partners.ts";

export interface NodeRegistryArguments {
  /** How often each node is to be heard; suspect after 3 of these, offline after 10. */
  readonly heartbeatMs: number;
  /**
   * Milliseconds that a node may be offline until it is removed, by `limits.nodeRemoveAfterMsMin` at least;
   * default: `limits.nodeRemoveAfterMs`.
   */
  readonly removeAfterMs?: number;
  /** What the topology says of skills: registered so at each start, whatever was there. Default: nothing. */
  readonly skills?: readonly SkillTerms[];
  /** Has the nodes by status, health and work among the metrics; called at each start. */
  readonly show?: (figures: () => FigureSource) => void;
}

export interface RegistryState extends NodeRegistryArguments {
  readonly removeAfterMs: number;
  book: Book;
  sweptAt: number;
}

export interface Own {
  /** Looks for nodes that have gone silent, and for drains that are done. */
  sweep(): void;
  /** Writes the figures of those that are heard. */
  write(): void;
  seek(): void;
  queueFound(queue: Ref<Queue>): void;
  missed(partner: Partner): void;
  restored(memory: StoreMemory): void;
  recorded(records: readonly NodeRecord[]): void;
  running(loads: QueueStatistics["workers"]): void;
  removed(name: string): void;
  left(name: string): void;
  troubled(failure: FailureData): void;
}
