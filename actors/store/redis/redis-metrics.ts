// The Redis back end, and the server behind it, as metrics show them. Pure.
import type { BackendFigure, BackendFigures } from "../backend.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";
import type { ServerHealth } from "./server-health.ts";
import type { StoreFigures } from "./store-figures.ts";

export interface RedisMeasure {
  readonly figures: StoreFigures & {
    readonly sessionsTotal: number;
    readonly rememberedEntries: number;
  };
  /** Undefined before the first look at the server. */
  readonly health: ServerHealth | undefined;
  /** Of each lane; each has the bounds to itself. */
  readonly waiting: readonly { readonly calls: number; readonly bytes: number }[];
}

export function redisMetrics({ figures, health, waiting }: RedisMeasure): BackendFigures {
  return {
    waiting: {
      calls: Math.max(0, ...waiting.map(({ calls }) => calls)),
      callsMax: redisStoreLimits.waitingCommandsMax,
      bytes: Math.max(0, ...waiting.map(({ bytes }) => bytes)),
      bytesMax: redisStoreLimits.waitingBytesMax,
    },
    figures: [
      total("commits", "Commits that were done.", figures.commitsTotal),
      total("commits_refused", "Commits decided anew: others had written.", figures.refusedTotal),
      total("fetches", "Round trips that read.", figures.fetchesTotal),
      total("sessions", "Connections that were made.", figures.sessionsTotal),
      total("troubles", "Connections that broke or did not answer.", figures.troublesTotal),
      total("unreadable", "Tasks that are missing or damaged.", figures.unreadableTotal),
      level("remembered", "Rows and indexes that need no fetch.", figures.rememberedEntries),
      ...(health ? serverFigures(health) : []),
    ],
  };
}

const serverFigures = ({ log, memory, replicas }: ServerHealth): readonly BackendFigure[] => [
  level("redis_used_memory_bytes", "Memory that the server uses.", memory.usedBytes),
  level("redis_max_memory_bytes", "Memory that it may use; 0: any.", memory.maxBytes),
  level("redis_replicas", "Replicas that follow.", replicas),
  total("redis_syncs_delayed", "Syncs of its log held up by the disk.", log.syncsDelayedTotal),
  level("redis_syncs_pending", "Syncs of its log that wait for the disk.", log.syncsPending),
  level("redis_log_buffer_bytes", "Bytes of its log that wait.", log.bufferBytes),
  level("redis_log_failed", "1: its last write to its log failed.", log.hasFailed ? 1 : 0),
];

const total = (name: string, help: string, value: number): BackendFigure => ({
  ...{ name: `${name}_total`, type: "counter", help, value },
});

const level = (name: string, help: string, value: number): BackendFigure => ({
  ...{ name, type: "gauge", help, value },
});
