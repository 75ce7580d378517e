// What the StateManager counts, as the node's metrics show it.
import { stateLimits } from "#protocols/state-limits.ts";
import type { StateStatistics } from "#protocols/tasks/state-readings.ts";
import type { Figure, FigureSource } from "#runtime/observation/shown-figures.ts";

const mirrorKinds = ["off", "starting", "following", "resyncing", "waiting", "away"] as const;

export function stateFigures(statistics: StateStatistics, nowMs: number): FigureSource {
  const { cache, mirror, subscriptions } = statistics;
  const counted = (name: string, help: string, value: number): Figure => ({
    ...{ name: `troupe_state_${name}_total`, type: "counter", help },
    samples: [{ labels: {}, value }],
  });
  const level = (name: string, help: string, value: number): Figure => ({
    ...{ name: `troupe_state_${name}`, type: "gauge", help },
    samples: [{ labels: {}, value }],
  });
  const behindSeconds = Math.max(0, nowMs - statistics.asOf) / 1_000;
  return {
    bounds: [
      bound("tasksCachedMax", cache.tasks, cache.evictedTotal),
      bound("subscribersMax", subscriptions.subscribers, 0),
    ],
    figures: [
      counted("cache_hits", "Reads that the cache answered.", cache.hitsTotal),
      counted("cache_misses", "Reads that the store answered.", cache.missesTotal),
      counted("cache_stale", "Reads answered as stale: the store was away.", cache.staleTotal),
      counted("notices", "Notices sent to subscribers.", subscriptions.noticesTotal),
      counted("gaps", "Channels of subscribers that got a gap.", subscriptions.gapsTotal),
      counted("lapsed", "Subscribers that did not answer.", subscriptions.lapsedTotal),
      level("channels", "Channels that somebody follows.", subscriptions.channels),
      level("behind_seconds", "Since the store's log was last seen to its end.", behindSeconds),
      {
        name: "troupe_state_mirror",
        type: "gauge",
        help: "1 for how the mirror is: off, starting, following, resyncing, waiting or away.",
        samples: mirrorKinds.map((kind) => ({
          labels: { kind },
          value: mirror.kind === kind ? 1 : 0,
        })),
      },
    ],
  };
}

const bound = (name: keyof typeof stateLimits, highest: number, reached: number) => ({
  ...{ bound: name, max: stateLimits[name], highest, reached },
});
