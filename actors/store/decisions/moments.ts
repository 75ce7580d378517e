// One moment of the store for those who keep a copy of it: what happened since they looked last, and the
// tasks that it happened to, as they are now. All of it is read in one transaction, so it fits together.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import type { CutRequest, StoreCut } from "#protocols/tasks/task-records.ts";
import { nodeBook } from "../records/node-book.ts";
import type { StoreContext } from "../store-context.ts";
import { wholeOrDamage } from "../whole-or-damage.ts";
import { tailEvents } from "./event-log.ts";
import { counts, list, view } from "./queries.ts";
import { queueViews } from "./queue-settings.ts";

export function cut(context: StoreContext, request: CutRequest): StoreCut {
  const { afterEventId, also, page, taskIds } = request;
  const limit = storeLimits.storePageMax;
  const { events, isTrimmed } = tailEvents(context, { afterEventId, limit });
  const touched = new Set(taskIds);
  for (const { taskId } of events) if (taskId !== null) touched.add(taskId);
  const listed = page === null ? { tasks: [], next: null } : list(context, page);
  return {
    epoch: context.info.epoch,
    eventId: context.shelf.lastEventId(),
    ...{ events, isTrimmed },
    tasks: [...touched].flatMap((taskId) => readable(context, taskId)),
    page: listed.tasks,
    next: listed.next,
    counts: also.includes("counts") ? counts(context) : null,
    queues: also.includes("queues") ? queueViews(context) : [],
    nodes: also.includes("nodes") ? nodeBook.nodes(context, { limit: limits.nodesKnownMax }) : [],
  };
}

/** A damaged task is left out, as of pages: whoever asks for it alone is told. */
function readable(context: StoreContext, taskId: string): readonly TaskView[] {
  const task = wholeOrDamage(() => view(context, taskId));
  return task === null || task instanceof Failure ? [] : [task];
}
