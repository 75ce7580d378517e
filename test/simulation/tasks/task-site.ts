// What one life of a node of the tasks scenario knows beside its actors.
import { serviceKey } from "#runtime/core/services.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import type { LoggedTaskStore } from "./logged-task-store.ts";

export class TaskSite {
  readonly host: SimulatedHost;
  /** Of the node that has it: its back end, once it is open. */
  store: LoggedTaskStore | undefined;
  /** Of the node that follows channels: by channel the number of the last event that was heard. */
  readonly followed = new Map<string, number>();

  constructor(host: SimulatedHost) {
    this.host = host;
  }
}

export const siteKey = serviceKey("simulation.task-site", (value) =>
  value instanceof TaskSite ? value : undefined,
);
