// What the StateManager is born with, and what it tells itself.
import type { Ref } from "#protocols/actor-ref.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import type { SystemFigures } from "#protocols/tasks/state-notices.ts";
import type { MirrorStatus } from "#protocols/tasks/state-readings.ts";
import type { StoreInfo } from "#protocols/tasks/store.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import type { EventTail } from "#protocols/tasks/task-events.ts";
import type { RedisPlace } from "#runtime/cluster/directory/redis-server.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";

export interface MirrorTerms {
  readonly place: RedisPlace;
  /** As people are told where it is: without passwords. */
  readonly server: string;
  /** Begins its keys, so that several clusters can share a server. */
  readonly namespace: string;
}

export interface StateManagerArguments {
  /** Null: there is no copy outside. */
  readonly mirror: MirrorTerms | null;
  /** Has figures among the node's metrics. */
  readonly show?: (figures: () => FigureSource) => void;
}

export interface FoundStore {
  readonly store: Ref<Store>;
  readonly info: StoreInfo;
  readonly eventId: number;
  readonly at: number;
}

export interface LogPage extends EventTail {
  /** When the store was asked. */
  readonly begunAt: number;
  readonly epoch: string;
}

export interface Own {
  seek(): void;
  found(found: FoundStore): void;
  missed(failure: FailureData): void;
  look(): void;
  told(page: LogPage): void;
  lost(failure: FailureData): void;
  flush(): void;
  heard(key: string): void;
  unheard(key: string): void;
  sample(): void;
  sampled(figures: SystemFigures): void;
  troubled(failure: FailureData): void;
  keep(): void;
  looked(tasks: readonly TaskView[]): void;
  identified(info: StoreInfo): void;
  unidentified(failure: FailureData): void;
  mirrorIs(status: MirrorStatus): void;
}
