// Whole tasks, with all that was said when they were submitted, for tools that show or export them.
// `TaskView` is what everybody else asks for: it is smaller.
import Type, { type Static } from "typebox";
import { ask, type Protocol, protocol } from "../protocol.ts";
import { storeLimits } from "../store-limits.ts";
import type { NodeRecord } from "./node-record.ts";
import type { QueueView } from "./queue-view.ts";
import { type NotFound, OrNull, RecordVersion, type Stale } from "./record-fields.ts";
import type { StoreCounts, SubmitResult } from "./store.ts";
import type { TaskView } from "./task.ts";
import type { StoreEvent } from "./task-events.ts";
import { TaskParameters } from "./task-parameters.ts";
import { TaskQuery } from "./task-query.ts";
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

const Name = Type.String({ minLength: 1, maxLength: 64 });
const Limit = Type.Integer({ minimum: 1, maximum: storeLimits.storePageMax });

/** How a task is described; what it does and where it stands is not changed so. */
export const TaskChange = Type.Object({
  taskId: Name,
  /** The version that was read; a task that has another by now stays as it is. */
  version: RecordVersion,
  changes: Type.Object(
    {
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
      description: Type.Optional(OrNull(Type.String({ maxLength: 4_096 }))),
      metadata: Type.Optional(OrNull(TaskParameters)),
      affinityTags: Type.Optional(Type.Array(Name, { maxItems: 32 })),
    },
    { additionalProperties: false },
  ),
});
export type TaskChange = Readonly<Static<typeof TaskChange>>;

export const CutPart = Type.Enum(["counts", "queues", "nodes"]);
export type CutPart = Static<typeof CutPart>;

/** What of the store is to be told as of one moment. */
export interface CutRequest {
  /** The last event that is known. */
  readonly afterEventId: number;
  /** Tasks that are told whatever happened to them. */
  readonly taskIds: readonly string[];
  /** Besides a page of the tasks of a state. */
  readonly page: {
    readonly status: TaskStatus;
    readonly cursor: number;
    readonly limit: number;
  } | null;
  /** What is told as a whole besides. */
  readonly also: readonly CutPart[];
}

/** One moment of the store: all of it was so at once. */
export interface StoreCut {
  readonly epoch: string;
  /** The moment: all that has a number up to this one is contained. */
  readonly eventId: number;
  /** Behind `afterEventId`, at most 1,000 of them. */
  readonly events: readonly StoreEvent[];
  /** Some that came behind `afterEventId` are not kept any more: the copy must be made anew. */
  readonly isTrimmed: boolean;
  /** The named tasks and those of the events, as far as they are known. */
  readonly tasks: readonly TaskView[];
  readonly page: readonly TaskView[];
  readonly next: number | null;
  /** Null, or nothing, where it was not asked for. */
  readonly counts: StoreCounts | null;
  readonly queues: readonly QueueView[];
  readonly nodes: readonly NodeRecord[];
}

export type TaskRetried =
  | SubmitResult
  | { readonly kind: "not_ended"; readonly status: TaskStatus }
  | { readonly kind: "completed" }
  /** Only failed tasks keep their inputs, and not for ever. */
  | { readonly kind: "inputs_gone" }
  | NotFound;

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
  /** Submits a task anew that ended without a result; asking twice makes one new task. */
  retryTask(taskId: string): TaskRetried;
  /** Describes the task anew; tells it as the event `amended`. */
  amendTask(
    change: TaskChange,
  ): { readonly kind: "saved"; readonly task: WholeTask } | Stale | NotFound;
  cut(request: CutRequest): StoreCut;
}

export const TaskRecords: Protocol<TaskRecords> = protocol<TaskRecords>("tasks.TaskRecords@1", {
  wholeTask: ask,
  wholeTasks: ask,
  nextTasks: ask,
  forgetTask: ask,
  retryTask: ask,
  amendTask: ask,
  cut: ask,
}).checked({
  wholeTask: [Name],
  wholeTasks: [TaskQuery],
  nextTasks: [Limit],
  forgetTask: [Name],
  retryTask: [Name],
  amendTask: [TaskChange],
  cut: [
    Type.Object({
      afterEventId: Type.Integer({ minimum: 0 }),
      taskIds: Type.Array(Name, { maxItems: storeLimits.storePageMax }),
      page: OrNull(
        Type.Object({
          status: TaskStatus,
          cursor: Type.Integer({ minimum: 0 }),
          limit: Limit,
        }),
      ),
      also: Type.Array(CutPart, { maxItems: 3 }),
    }),
  ],
});
