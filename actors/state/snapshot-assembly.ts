// The whole state as of one moment, of pages that were read one after another: a task that an event was of
// since its page is read again, and the last question asks for all of those at once, with what happened
// until then. Each question is answered by the store as of one moment, so the last one's holds for all.
//
//   page 1 (e1) ─► page 2 (e2) ─► … ─► the tasks of the events in e1..en, and those of en..em, as of em
import { Failure } from "#protocols/failure.ts";
import { stateLimits } from "#protocols/state-limits.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { TaskView } from "#protocols/tasks/task.ts";
import type { CutRequest, StoreCut } from "#protocols/tasks/task-records.ts";
import { isEnded, type TaskStatus, taskStatuses } from "#protocols/tasks/task-states.ts";

export type AskCut = (request: CutRequest) => Promise<StoreCut>;

export interface WholeState {
  readonly cut: StoreCut;
  /** All that live, in the order of their arrival. */
  readonly tasks: readonly TaskView[];
}

export interface AssemblyTerms {
  readonly tasksMax: number;
  readonly pageTasks: number;
  readonly roundsMax: number;
}

export const assemblyTerms: AssemblyTerms = {
  tasksMax: stateLimits.snapshotTasksMax,
  pageTasks: storeLimits.storePageMax,
  roundsMax: stateLimits.snapshotRoundsMax,
};

export const livingStatuses: readonly TaskStatus[] = taskStatuses.filter(
  (status) => !isEnded(status),
);

/** Beyond every number that an event can have: whoever asks so learns the last one, and no events. */
export const behindAll = Number.MAX_SAFE_INTEGER;

/**
 * Fails with `too_large` when more tasks live than may be held, `unavailable` when the state changes too
 * fast to be caught, or the store was changed for another meanwhile.
 */
export async function assemble(ask: AskCut, terms = assemblyTerms): Promise<WholeState> {
  const start = await ask({ afterEventId: behindAll, taskIds: [], page: null, also: [] });
  const gathered = new Gathered(start, terms);
  for (const status of livingStatuses) {
    let cursor: number | null = 0;
    while (cursor !== null) {
      const page = { status, cursor, limit: terms.pageTasks };
      const found: StoreCut = await ask({ ...gathered.since(), taskIds: [], page, also: [] });
      gathered.took(found);
      cursor = found.next;
    }
  }
  for (let round = 0; round < terms.roundsMax; round += 1) {
    const taskIds = gathered.someChanged(storeLimits.storePageMax);
    const isLast = taskIds.length === gathered.changedCount;
    const also = isLast ? (["counts", "queues", "nodes"] as const) : [];
    const found = await ask({ ...gathered.since(), taskIds, page: null, also: [...also] });
    gathered.read(taskIds, found);
    if (isLast && isComplete(found)) return { cut: found, tasks: gathered.tasks };
  }
  const text = `the state changed faster than ${terms.roundsMax} questions could catch it; try again`;
  throw new Failure("unavailable", text);
}

/** Whether no event between the last known and the moment was left out. */
const isComplete = ({ events }: StoreCut): boolean => events.length < storeLimits.storePageMax;

class Gathered {
  readonly #epoch: string;
  readonly #terms: AssemblyTerms;
  readonly #arrivals = new Map<string, TaskView>();
  /** Tasks that something happened to since they were read. */
  readonly #changed = new Set<string>();
  #eventId: number;

  constructor(start: StoreCut, terms: AssemblyTerms) {
    this.#epoch = start.epoch;
    this.#eventId = start.eventId;
    this.#terms = terms;
  }

  get changedCount(): number {
    return this.#changed.size;
  }

  get tasks(): readonly TaskView[] {
    return [...this.#arrivals.values()].sort(
      (a, b) => a.submittedAt - b.submittedAt || (a.taskId < b.taskId ? -1 : 1),
    );
  }

  since(): Pick<CutRequest, "afterEventId"> {
    return { afterEventId: this.#eventId };
  }

  /** What is read of a page may change until the last question: its events say so. */
  took(found: StoreCut): void {
    this.#follow(found);
    for (const task of found.page) this.#put(task);
  }

  someChanged(max: number): readonly string[] {
    return [...this.#changed].slice(0, max);
  }

  read(taskIds: readonly string[], found: StoreCut): void {
    const known = new Set(found.tasks.map(({ taskId }) => taskId));
    this.#follow(found);
    for (const task of found.tasks) this.#put(task);
    // What is not told any more has ended and is forgotten.
    for (const { taskId } of found.events) {
      if (taskId !== null && !known.has(taskId)) this.#arrivals.delete(taskId);
    }
    for (const taskId of taskIds) {
      if (!known.has(taskId)) this.#arrivals.delete(taskId);
      this.#changed.delete(taskId);
    }
  }

  #follow({ epoch, events, eventId, isTrimmed }: StoreCut): void {
    if (epoch !== this.#epoch) {
      throw new Failure("unavailable", "the store was changed for another meanwhile; ask again");
    }
    if (isTrimmed) {
      throw new Failure("unavailable", "the log has forgotten what happened meanwhile; ask again");
    }
    for (const { taskId } of events) if (taskId !== null) this.#changed.add(taskId);
    const isAll = events.length < storeLimits.storePageMax;
    this.#eventId = isAll ? eventId : (events.at(-1)?.eventId ?? this.#eventId);
  }

  #put(task: TaskView): void {
    if (isEnded(task.status)) this.#arrivals.delete(task.taskId);
    else this.#arrivals.set(task.taskId, task);
    const { tasksMax } = this.#terms;
    if (this.#arrivals.size <= tasksMax) return;
    const text = `more than ${tasksMax} tasks live, which no snapshot holds; list them by status`;
    throw new Failure("too_large", text);
  }
}
