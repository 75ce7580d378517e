// How the cluster is, in numbers: made of what the store says of tasks, queues and nodes; and the points
// of the history that they become. Pure.
import type { MetricPoint } from "#protocols/tasks/metric-records.ts";
import { metricLabelsText } from "#protocols/tasks/metric-records.ts";
import { type NodeRecord, NodeState } from "#protocols/tasks/node-record.ts";
import type { QueueView } from "#protocols/tasks/queue-view.ts";
import { type SystemFigures, systemSeries } from "#protocols/tasks/state-notices.ts";
import type { StoreCounts } from "#protocols/tasks/store.ts";

export interface FigureParts {
  readonly at: number;
  readonly isStale: boolean;
  readonly counts: StoreCounts;
  readonly queues: readonly QueueView[];
  readonly nodes: readonly NodeRecord[];
}

/** What they say of themselves is of now. */
const heardStates: readonly NodeState[] = ["online", "busy", "paused", "draining", "quarantined"];

export const isHeard = ({ status }: NodeRecord): boolean => heardStates.includes(status);

export function figuresOf({ at, isStale, counts, queues, nodes }: FigureParts): SystemFigures {
  const { pendingBytes, ...tasks } = counts;
  const heard = nodes.filter(isHeard);
  const cpu = heard.map(({ cpuPercent }) => cpuPercent);
  const memory = heard.map(({ memoryPercent }) => memoryPercent);
  return {
    at,
    isStale,
    tasks,
    nodes: Object.fromEntries(
      NodeState.enum
        .filter((status) => status !== "removed")
        .map((status) => [status, nodes.filter((node) => node.status === status).length]),
    ),
    pendingBytes,
    endedPerSecond: sumOf(queues.map(({ endedPerSecond }) => endedPerSecond)),
    claimedPerSecond: sumOf(queues.map(({ claimedPerSecond }) => claimedPerSecond)),
    queueMsMean: weighedMean(queues, "queueMsMean"),
    runMsMean: weighedMean(queues, "runMsMean"),
    cpuPercentMean: meanOf(cpu),
    cpuPercentMax: maxOf(cpu),
    memoryPercentMean: meanOf(memory),
    memoryPercentMax: maxOf(memory),
  };
}

/** Of the history: one point each. */
export function pointsOf(
  figures: SystemFigures,
  nodes: readonly NodeRecord[],
): readonly MetricPoint[] {
  const { at } = figures;
  const point = (name: string, value: number | null, labels?: Readonly<Record<string, string>>) =>
    value === null ? [] : [pointOf({ name, at, value, labels })];
  return [
    ...Object.entries(figures.tasks).flatMap(([status, count]) =>
      point(systemSeries.tasks, count, { status }),
    ),
    ...Object.entries(figures.nodes).flatMap(([status, count]) =>
      point(systemSeries.nodes, count, { status }),
    ),
    ...point(systemSeries.pendingBytes, figures.pendingBytes),
    ...point(systemSeries.endedPerSecond, figures.endedPerSecond),
    ...point(systemSeries.claimedPerSecond, figures.claimedPerSecond),
    ...point(systemSeries.queueMs, figures.queueMsMean),
    ...point(systemSeries.runMs, figures.runMsMean),
    ...nodes
      .filter(isHeard)
      .flatMap(({ node, cpuPercent, memoryPercent, runningTasks }) => [
        ...point(systemSeries.cpuPercent, cpuPercent, { node }),
        ...point(systemSeries.memoryPercent, memoryPercent, { node }),
        ...point(systemSeries.runningTasks, runningTasks, { node }),
      ]),
  ];
}

function pointOf(terms: {
  readonly name: string;
  readonly at: number;
  readonly value: number;
  readonly labels: Readonly<Record<string, string>> | undefined;
}): MetricPoint {
  const { name, at, value, labels } = terms;
  const labelled = labels === undefined ? {} : { labels: metricLabelsText(labels) };
  return { name, at, count: 1, sum: value, min: value, max: value, ...labelled };
}

/** Of the queues that know one, by what they have completed. */
function weighedMean(
  queues: readonly QueueView[],
  field: "queueMsMean" | "runMsMean",
): number | null {
  const known = queues.flatMap((queue) => {
    const mean = queue[field];
    // The means are of the newest thousand.
    return mean === null ? [] : [{ mean, weight: Math.min(1_000, queue.completedTotal) }];
  });
  const weights = sumOf(known.map(({ weight }) => weight));
  if (weights === 0) return null;
  return sumOf(known.map(({ mean, weight }) => mean * weight)) / weights;
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : sumOf(values) / values.length;
const maxOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : Math.max(...values);
