// The nodes that a registry knows, as metrics show them. Their bound is the store's, which shows it.
import { NodeState } from "#protocols/tasks/node-record.ts";
import type { FigureSource } from "#runtime/observation/shown-figures.ts";
import type { Book } from "./known-nodes.ts";

/** `goneTotal`: removed because they did not come back. */
export const nodeFigures = (book: Book, goneTotal: number): FigureSource => ({
  bounds: [],
  figures: [
    {
      name: "troupe_nodes",
      type: "gauge",
      help: "Nodes that the registry knows, by status.",
      samples: NodeState.enum.map((status) => ({
        labels: { status },
        value: book.filter(({ view }) => view.status === status).length,
      })),
    },
    {
      name: "troupe_node_health",
      type: "gauge",
      help: "Nodes by health: well, strained or ill.",
      samples: (["well", "strained", "ill"] as const).map((level) => ({
        labels: { level },
        value: book.filter(({ view }) => view.health.level === level).length,
      })),
    },
    {
      name: "troupe_nodes_removed_total",
      type: "counter",
      help: "Nodes that were removed because they were offline for too long.",
      samples: [{ labels: {}, value: goneTotal }],
    },
    {
      name: "troupe_node_tasks_running",
      type: "gauge",
      help: "Tasks that each node has been handed and not ended.",
      samples: book.map(({ view }) => ({
        labels: { node: view.name },
        value: view.runningTasks,
      })),
    },
  ],
});
