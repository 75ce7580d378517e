// What clients and workers are told of tasks is kept when they hear it, and stays true: an acknowledged
// task is there, a key is one task, who hears of a cancellation hears the truth, a result is committed
// once, and everybody hears the same end.
import { isEnded, type TaskStatus, taskStatuses } from "#protocols/tasks/task-states.ts";
import { broken } from "#runtime/testkit/simulation/broken-promise.ts";
import type { Check } from "#runtime/testkit/simulation/checker.ts";
import { type Kept, readFact, type TaskFacts } from "./task-facts.ts";
import { briefQueue } from "./task-rules.ts";

export const toldTruly: Check = () => {
  const known = new KnownTasks();
  return {
    name: "told truly",
    saw(event) {
      if (event.kind !== "fact") return;
      const problem = known.saw(event.name, event.about);
      if (problem !== undefined) throw broken(problem, [event.id]);
    },
  };
};

interface Known {
  status: TaskStatus;
  queue: string;
  fence: number;
  isCancelRequested: boolean;
  /** Of what was told of its end. */
  digest?: string;
  committedBy?: number;
  isListed?: boolean;
}

class KnownTasks {
  readonly #tasks = new Map<string, Known>();
  readonly #ofKey = new Map<string, string>();

  saw(name: string, about: string): string | undefined {
    switch (name) {
      case "kept":
        return this.#kept(readFact("kept", about));
      case "acknowledged":
        return this.#acknowledged(readFact("acknowledged", about));
      case "cancelled":
        return this.#cancelled(readFact("cancelled", about));
      case "outcome":
        return this.#outcome(readFact("outcome", about));
      case "gone":
        return this.#gone(readFact("gone", about).taskId);
      case "committed":
        return this.#committed(readFact("committed", about));
      case "listed":
        return this.#listed(readFact("listed", about));
      case "listedAll":
        return this.#allListed();
      default:
        return undefined;
    }
  }

  #acknowledged({ key, taskId }: TaskFacts["acknowledged"]): string | undefined {
    return this.#tasks.has(taskId)
      ? this.#keyIs(key, taskId)
      : `${taskId} was acknowledged, and is not kept`;
  }

  #kept({ tasks, keys }: Kept): string | undefined {
    for (const { taskId, status, queue, fence, isCancelRequested } of tasks) {
      const former = this.#tasks.get(taskId);
      this.#tasks.set(taskId, { ...former, status, queue, fence, isCancelRequested });
    }
    for (const [key, taskId] of keys) {
      const problem = this.#keyIs(key, taskId);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #keyIs(key: string | null, taskId: string): string | undefined {
    if (key === null) return undefined;
    const former = this.#ofKey.get(key) ?? taskId;
    this.#ofKey.set(key, former);
    return former === taskId ? undefined : `${key} is ${former}, and is ${taskId}`;
  }

  #cancelled({ taskId, kind }: TaskFacts["cancelled"]): string | undefined {
    const task = this.#tasks.get(taskId);
    const status = task?.status ?? "unknown";
    const isTrue =
      kind === "cancelled"
        ? status === "cancelled"
        : kind === "requested"
          ? task?.isCancelRequested === true
          : kind === "ended"
            ? task !== undefined && isEnded(task.status)
            : task !== undefined && mayBeGone(task);
    return isTrue ? undefined : `cancelling ${taskId} was answered ${kind}, and it is ${status}`;
  }

  #outcome({ taskId, status, digest }: TaskFacts["outcome"]): string | undefined {
    const task = this.#tasks.get(taskId);
    if (task?.status !== status) return `${taskId} is said to be ${status}, and is ${task?.status}`;
    task.digest ??= digest;
    return task.digest === digest ? undefined : `two ends were told of ${taskId}`;
  }

  #gone(taskId: string): string | undefined {
    const task = this.#tasks.get(taskId);
    return task && mayBeGone(task) ? undefined : `${taskId} is said not to be there`;
  }

  #committed({ taskId, fence }: TaskFacts["committed"]): string | undefined {
    const task = this.#tasks.get(taskId);
    if (task?.status !== "completed" || task.fence !== fence) {
      return `${taskId} is said to be completed by ${fence}, and is ${task?.status} by ${task?.fence}`;
    }
    const first = task.committedBy ?? fence;
    task.committedBy = first;
    return first === fence ? undefined : `${taskId} was committed by ${first} and by ${fence}`;
  }

  #listed({ taskId, status }: TaskFacts["listed"]): string | undefined {
    const task = this.#tasks.get(taskId);
    if (task) task.isListed = true;
    const known = taskStatuses.find((each) => each === status);
    return task?.status === known ? undefined : `${taskId} is listed ${status}, is ${task?.status}`;
  }

  /** Accepted is live, ended, or forgotten after its time. */
  #allListed(): string | undefined {
    for (const [taskId, task] of this.#tasks) {
      if (!task.isListed && !mayBeGone(task)) return `${taskId} was kept, and is there no more`;
    }
    return undefined;
  }
}

const mayBeGone = ({ queue, status }: Known): boolean => queue === briefQueue && isEnded(status);
