// The desks at which the StateManager works, each with what it needs of the others.

import type { Ref } from "#protocols/actor-ref.ts";
import type { Queue } from "#protocols/tasks/queue.ts";
import type { GapReason, SystemFigures } from "#protocols/tasks/state-notices.ts";
import { channelSnapshot } from "./channel-snapshots.ts";
import { ClusterReads } from "./cluster-reads.ts";
import type { StateDesks } from "./state-answers.ts";
import { StateWrites } from "./state-writes.ts";
import { StoreAccess } from "./store-access.ts";
import { type SubscriptionPorts, Subscriptions } from "./subscriptions.ts";
import { TaskReads } from "./task-reads.ts";
import { WholeStateDesk } from "./whole-state-desk.ts";

export interface DeskPorts extends Omit<SubscriptionPorts, "access" | "snapshot"> {
  /** Milliseconds since 1970 UTC. */
  readonly wall: () => number;
  readonly random: () => number;
  /** As sampled last, else now. */
  readonly figures: () => Promise<SystemFigures>;
  readonly queue: () => Promise<Ref<Queue>>;
  /** The log has grown: somebody should look at it. */
  readonly wrote: () => void;
}

export function furnish({ wall, random, figures, queue, wrote, ...ports }: DeskPorts): StateDesks {
  const access = new StoreAccess();
  const reads = new TaskReads({ access, wall });
  const count = (what: keyof TaskReads["totals"]): void => {
    reads.totals[what] += 1;
  };
  const cluster = new ClusterReads({ access, wall, count });
  const newId = (): string => Math.floor(random() * 2 ** 52).toString(36);
  return {
    ...{ access, reads, cluster, figures },
    writes: new StateWrites({ access, reads, cluster, queue, wrote }),
    subscriptions: new Subscriptions({
      ...ports,
      access,
      snapshot: (channel) => channelSnapshot(channel, { store: access.open(), figures }),
    }),
    whole: new WholeStateDesk({ access, reads, cluster, wall, newId }),
  };
}

/** Something happened that was not seen: nothing that is cached is known to be so. */
export function beginAnew({ cluster, reads, subscriptions }: StateDesks, reason: GapReason): void {
  reads.clear();
  cluster.clear();
  subscriptions.gapAll(reason);
}
