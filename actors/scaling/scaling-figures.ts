// The groups of nodes as metrics show them.
import type { GroupView } from "#protocols/tasks/node-scaling.ts";
import type { Figure, FigureSource } from "#runtime/observation/shown-figures.ts";

const phases = ["starting", "ready", "leaving"] as const;

export function scalingFigures(groups: readonly GroupView[]): FigureSource {
  const gauge = (name: string, help: string, value: (group: GroupView) => number): Figure => ({
    ...{ name, type: "gauge", help },
    samples: groups.map((view) => ({ labels: { group: view.group }, value: value(view) })),
  });
  const nodes: Figure = {
    ...{ name: "troupe_group_nodes", type: "gauge", help: "Nodes of a group that is scaled." },
    samples: groups.flatMap(({ group, nodes: all }) =>
      phases.map((phase) => ({
        labels: { group, phase },
        value: all.filter((node) => node.phase === phase).length,
      })),
    ),
  };
  const changes: Figure = {
    name: "troupe_group_changes_total",
    type: "counter",
    help: "How often a group grew, shrank, and failed to.",
    samples: groups.flatMap(({ group, ups, downs, failures }) => [
      { labels: { group, kind: "up" }, value: ups },
      { labels: { group, kind: "down" }, value: downs },
      { labels: { group, kind: "failed" }, value: failures },
    ]),
  };
  const load = "Tasks that may run now in the queues that the group serves, and that run on it.";
  return {
    bounds: [],
    figures: [
      nodes,
      gauge("troupe_group_nodes_wanted", "Nodes that the load asks for.", ({ wanted }) => wanted),
      gauge("troupe_group_load", load, ({ waiting, running }) => waiting + running),
      changes,
    ],
  };
}
