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
  /** Of the node with clients: tasks that were acknowledged, in order. */
  readonly taskIds: string[] = [];
  #underWay = 0;

  constructor(host: SimulatedHost) {
    this.host = host;
  }

  /** Nothing is under way that the store may not know of: no order, no command, no task that strayed. */
  get isQuiet(): boolean {
    return this.#underWay === 0;
  }

  begin(): void {
    this.#underWay += 1;
  }

  end(): void {
    this.#underWay -= 1;
  }
}

/** By node, of its present life. */
export type TaskSites = Map<string, TaskSite>;

/** Whether every task has ended, and nothing goes on that could still come to the store. */
export function isAtRest(sites: TaskSites): boolean {
  const all = [...sites.values()];
  return all.every(({ isQuiet }) => isQuiet) && all.some(({ store }) => store?.liveTasks === 0);
}

export const siteKey = serviceKey("simulation.task-site", (value) =>
  value instanceof TaskSite ? value : undefined,
);
