// The store as metrics show it: what it was asked and refused, how near its bounds it is, whether its time is
// the clock's, and what its back end has of itself. Pure.
import { storeLimits } from "#protocols/store-limits.ts";
import type { RecordLevel } from "#protocols/tasks/cluster-records.ts";
import { fullLimits } from "#protocols/tasks/store.ts";
import type { Figure, FigureSource, ShownBound } from "#runtime/observation/shown-figures.ts";
import type { BackendFigures } from "./backend.ts";

export interface StoreMeasure {
  readonly callsTotal: number;
  /** By the code of the failure. */
  readonly failures: ReadonlyMap<string, number>;
  /** By the bound that was met; those of `fullLimits` are a queue's. */
  readonly full: ReadonlyMap<string, number>;
  /** By the method whose lease was another's, or nobody's. */
  readonly stale: ReadonlyMap<string, number>;
  readonly levels: readonly RecordLevel[];
  /** Undefined before it was measured. */
  readonly own: BackendFigures | undefined;
  readonly aheadMs: number;
}

export function storeMetrics(measure: StoreMeasure): FigureSource {
  const { aheadMs, callsTotal, failures, full, own, stale } = measure;
  const single = (of: Omit<Figure, "samples"> & { readonly value: number }): Figure => {
    const { value, ...figure } = of;
    return { ...figure, samples: [{ labels: {}, value }] };
  };
  return {
    bounds: [...recordBounds(measure), ...waitingBounds(measure)],
    figures: [
      single({
        ...{ name: "troupe_store_calls_total", type: "counter", value: callsTotal },
        help: "Calls that the store was asked.",
      }),
      {
        ...{ name: "troupe_store_failures_total", type: "counter" },
        help: "Calls that failed, by code.",
        samples: [...failures].map(([code, value]) => ({ labels: { code }, value })),
      },
      {
        ...{ name: "troupe_store_submissions_full_total", type: "counter" },
        help: "Times that a queue had no room for a submission, each try counted, by what was full.",
        samples: fullLimits.map((limit) => ({ labels: { limit }, value: full.get(limit) ?? 0 })),
      },
      {
        ...{ name: "troupe_store_stale_commits_total", type: "counter" },
        help: "Writes of workers that were refused since their lease no longer holds the task.",
        samples: [...stale].map(([write, value]) => ({ labels: { write }, value })),
      },
      single({
        ...{ name: "troupe_store_clock_ahead_seconds", type: "gauge", value: aheadMs / 1_000 },
        help: "Seconds that the store's time is ahead of its machine's clock.",
      }),
      ...(own?.figures ?? []).map(({ name, ...figure }) =>
        single({ ...figure, name: `troupe_store_${name}` }),
      ),
    ],
  };
}

/** Those whose rows or bytes are counted, and one that only says when it is met. */
const recordBounds = ({ full, levels }: StoreMeasure): readonly ShownBound[] => [
  ...levels.map(({ bound, max, level, gaveWay }) => ({
    ...{ bound, max, highest: level },
    reached: gaveWay + (full.get(bound) ?? 0),
  })),
  {
    ...{ bound: "modelVersionsMax", max: storeLimits.modelVersionsMax, highest: undefined },
    reached: full.get("modelVersionsMax") ?? 0,
  },
];

function waitingBounds({ failures, own }: StoreMeasure): readonly ShownBound[] {
  if (!own) return [];
  const { bytes, bytesMax, calls, callsMax } = own.waiting;
  const reached = failures.get("mailbox_full") ?? 0;
  const ofCalls = { bound: "storeCallsWaitingMax", max: callsMax, highest: calls, reached };
  if (bytesMax === null) return [ofCalls];
  return [ofCalls, { bound: "storeBytesWaitingMax", max: bytesMax, highest: bytes, reached }];
}
