// Who is cancelled, or ends without a result, takes all along that belongs to it, in the same commit: what
// waits has ended then, what runs is asked to give up; and nothing new comes to belong to it. Each step of a
// task has one child, however many attempts the task has.
import { isEnded } from "#protocols/tasks/task-states.ts";
import type { Kept, KeptTask } from "./task-facts.ts";
import { judgedBySteps, type StepJudge, type TaskStep } from "./task-steps.ts";

export const childrenFollow = judgedBySteps("children follow", () => new Families());

interface Member {
  readonly children: string[];
  /** By which children tell which step they are. */
  readonly names: Set<string>;
  isEnded: boolean;
  isToEnd: boolean;
}

const newMember = (): Member => ({
  children: [],
  names: new Set(),
  isEnded: false,
  isToEnd: false,
});

class Families implements StepJudge {
  readonly #members = new Map<string, Member>();
  /** Whose children have to have followed by the end of the commit. */
  #parents: string[] = [];

  step({ status, task, type }: TaskStep): string | undefined {
    const { taskId } = task;
    const member = this.#members.get(taskId) ?? newMember();
    this.#members.set(taskId, member);
    const problem = type === "submitted" ? this.#joins(task) : undefined;
    if (isEnded(status)) member.isEnded = true;
    if (type === "cancel_requested") member.isToEnd = true;
    const goes = member.isToEnd || (member.isEnded && status !== "completed");
    if (goes && member.children.length > 0) this.#parents.push(taskId);
    return problem;
  }

  kept({ tasks }: Kept): string | undefined {
    for (const parentId of this.#parents.splice(0)) {
      for (const childId of this.#members.get(parentId)?.children ?? []) {
        const child = this.#members.get(childId);
        if (child === undefined || child.isEnded || child.isToEnd) continue;
        const { status = "alive" } = tasks.find(({ taskId }) => taskId === childId) ?? {};
        return `${childId} is ${status}, and ${parentId}, which it belongs to, is over or to end`;
      }
    }
    return undefined;
  }

  #joins({ name, parentId, taskId }: KeptTask): string | undefined {
    if (parentId === null) return undefined;
    const parent = this.#members.get(parentId);
    if (name !== null && parent?.names.has(name)) {
      return `${taskId} is another "${name}" of ${parentId}, which has one`;
    }
    if (name !== null) parent?.names.add(name);
    parent?.children.push(taskId);
    return parent === undefined || parent.isEnded || parent.isToEnd
      ? `${taskId} is taken, and ${parentId}, which it belongs to, is over or to end`
      : undefined;
  }
}
