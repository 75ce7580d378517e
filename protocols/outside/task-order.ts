// A task as it is submitted over HTTP: JSON, files inside it as base64 or beside it in a form. What it may
// say is what a submission may say, with the user by that name and the steps as a list.
import Type, { type Static } from "typebox";
import { stepsMax, TaskStep } from "../tasks/steps.ts";
import { TaskFile, TaskSubmission } from "../tasks/task.ts";
import { TaskStatus } from "../tasks/task-states.ts";
import { UserId } from "../tasks/user-id.ts";
import { WrittenMachine, WrittenRetry } from "../tasks/written-terms.ts";

const closed = { additionalProperties: false } as const;
const { properties: said } = TaskSubmission;
const Name = Type.String({ minLength: 1, maxLength: 64 });

export const TaskOrder = Type.Object(
  {
    /** Default: `steps` where there are some. */
    type: Type.Optional(Name),
    /** Default: the one that repairs are sent to, for `inpaint`. */
    model: Type.Optional(Name),
    parameters: Type.Optional(said.parameters),
    inputs: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: TaskFile.properties.name,
            contentType: Type.Optional(TaskFile.properties.contentType),
            base64: Type.String(),
          },
          closed,
        ),
        { maxItems: 8 },
      ),
    ),
    steps: Type.Optional(Type.Array(TaskStep, { minItems: 1, maxItems: stepsMax })),
    user: said.userId,
    name: said.name,
    description: said.description,
    queue: said.queue,
    priority: said.priority,
    runAt: said.runAt,
    fairKey: said.fairKey,
    requiredSkills: said.requiredSkills,
    skillLevel: said.skillLevel,
    optionalSkills: said.optionalSkills,
    affinityTags: said.affinityTags,
    machine: Type.Optional(WrittenMachine),
    batchKey: said.batchKey,
    metadata: said.metadata,
    timeoutMs: said.timeoutMs,
    queueDeadlineMs: said.queueDeadlineMs,
    deadlineMs: said.deadlineMs,
    maxRetries: said.maxRetries,
    retry: Type.Optional(WrittenRetry),
    isEvictable: said.isEvictable,
    parentId: said.parentId,
    ack: said.ack,
    /** As the header `Idempotency-Key`. */
    idempotencyKey: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  closed,
);
export type TaskOrder = Readonly<Static<typeof TaskOrder>>;

/** Words of a query for the list of open questions, still as text. */
export const QuestionListQuery = Type.Object(
  {
    user: Type.Optional(UserId),
    limit: Type.Optional(Type.String({ pattern: "^[1-9][0-9]{0,2}$" })),
    /** When the last one of the page before was asked, and its id. */
    cursor: Type.Optional(Type.String({ pattern: "^[0-9]{1,15}[.][\\w-]{1,64}$" })),
  },
  closed,
);

/** Words of a query for a list of tasks, still as text. */
export const TaskListQuery = Type.Object(
  {
    user: Type.Optional(UserId),
    status: Type.Optional(TaskStatus),
    queue: Type.Optional(Name),
    parent: Type.Optional(Name),
    limit: Type.Optional(
      Type.String({
        pattern: "^[1-9][0-9]{0,2}$",
        description: "a whole number from 1 to 999",
      }),
    ),
    cursor: Type.Optional(Type.String({ pattern: "^[0-9]{1,15}$" })),
  },
  closed,
);
