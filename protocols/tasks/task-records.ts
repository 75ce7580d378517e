// Whole tasks, with all that was said when they were submitted, for tools that show or export them.
// `TaskView` is what everybody else asks for: it is smaller.
import Type from "typebox";
import { ask, type Protocol, protocol } from "../protocol.ts";
import { storeLimits } from "../store-limits.ts";
import type { NotFound } from "./record-fields.ts";
import type { TaskQuery } from "./store.ts";
import type { TaskParameters, TaskView } from "./task.ts";
import { TaskStatus } from "./task-states.ts";

export interface WholeTask extends TaskView {
  readonly description: string | null;
  readonly requiredSkills: readonly string[];
  readonly optionalSkills: readonly string[];
  readonly affinityTags: readonly string[];
  readonly parameters: TaskParameters;
  readonly metadata: TaskParameters | null;
  /** Of one attempt. */
  readonly timeoutMs: number | null;
  /** First claimed at. */
  readonly scheduledAt: number | null;
  /** What the worker handed back beside its files. */
  readonly figures: TaskParameters | null;
}

export interface TaskRecords {
  wholeTask(taskId: string): WholeTask | null;
  /** In the order of their arrival; `next` is the cursor of the page that follows. */
  wholeTasks(query: TaskQuery): {
    readonly tasks: readonly WholeTask[];
    readonly next: number | null;
  };
  /** Pending ones of all queues, in the order in which they would be claimed. */
  nextTasks(limit: number): readonly WholeTask[];
  /** Forgets an ended task before its time; who asks for its result hears `gone`. */
  forgetTask(
    taskId: string,
  ):
    | { readonly kind: "forgotten" }
    | { readonly kind: "not_ended"; readonly status: TaskStatus }
    | NotFound;
}

const Name = Type.String({ minLength: 1, maxLength: 64 });
const Limit = Type.Integer({ minimum: 1, maximum: storeLimits.storePageMax });

export const TaskRecords: Protocol<TaskRecords> = protocol<TaskRecords>("tasks.TaskRecords@1", {
  wholeTask: ask,
  wholeTasks: ask,
  nextTasks: ask,
  forgetTask: ask,
}).checked({
  wholeTask: [Name],
  wholeTasks: [
    Type.Object({
      status: Type.Optional(TaskStatus),
      queue: Type.Optional(Name),
      node: Type.Optional(Name),
      userId: Type.Optional(Name),
      parentId: Type.Optional(Name),
      limit: Limit,
      cursor: Type.Optional(Type.Integer({ minimum: 0 })),
    }),
  ],
  nextTasks: [Limit],
  forgetTask: [Name],
});
