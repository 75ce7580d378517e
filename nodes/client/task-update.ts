// What an update of a task asks for, and whether the task can take it where it stands. Pure.
//
//   describe   name, description, metadata, affinityTags     by anybody
//   progress   progress, message                             by who holds the lease
//   complete, fail   status with a result or a failure       by who holds the lease
//   cancel     status "cancelled"                            by anybody
//
// One of them a call, so that nothing is ever half done.
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { RecordVersion } from "#protocols/tasks/record-fields.ts";
import { LeaseRef, TaskResult, type TaskView } from "#protocols/tasks/task.ts";
import { TaskFailure } from "#protocols/tasks/task-failure.ts";
import { TaskChange } from "#protocols/tasks/task-records.ts";
import { isEnded, TaskStatus, taskMoves } from "#protocols/tasks/task-states.ts";
import { valueMisfit } from "#protocols/value-misfit.ts";

const description = TaskChange.properties.changes.properties;

export const TaskUpdate = Type.Object(
  {
    ...description,
    /** Of a description: the version that was read; a task that has another by now stays as it is. */
    version: Type.Optional(RecordVersion),
    /** 0 to 1. */
    progress: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    message: Type.Optional(Type.String({ maxLength: 1_024 })),
    status: Type.Optional(TaskStatus),
    result: Type.Optional(TaskResult),
    failure: Type.Optional(TaskFailure),
    /** Of a cancellation. */
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 1_024 })),
    /** What the worker that holds the task was given with it. */
    lease: Type.Optional(LeaseRef),
  },
  { additionalProperties: false },
);
export type TaskUpdate = Readonly<
  Omit<Static<typeof TaskUpdate>, "result"> & { result?: TaskResult }
>;

export type Description = TaskChange["changes"];

export type UpdateStep =
  | {
      readonly kind: "describe";
      readonly changes: Description;
      readonly version: number | undefined;
    }
  | {
      readonly kind: "progress";
      readonly lease: LeaseRef;
      readonly progress: number;
      readonly message: string | null;
    }
  | { readonly kind: "complete"; readonly lease: LeaseRef; readonly result: TaskResult }
  | { readonly kind: "fail"; readonly lease: LeaseRef; readonly failure: TaskFailure }
  | { readonly kind: "cancel"; readonly reason: string | undefined };

const validator = Compile(TaskUpdate);

/** The fields of each kind of step; `status` tells the last three apart. */
const fieldsOf = {
  describe: [...Object.keys(description), "version"],
  progress: ["progress", "message", "lease"],
  complete: ["status", "result", "lease"],
  fail: ["status", "failure", "lease"],
  cancel: ["status", "reason"],
} as const satisfies Record<UpdateStep["kind"], readonly string[]>;

/** Who else makes a task go there. */
const doneBy: Readonly<Partial<Record<TaskStatus, string>>> = {
  scheduled: "a retry or its own runAt makes it so",
  pending:
    'its queue makes it so: give a failed attempt as status "failed" with a class that is retried',
  running: "a worker's claim makes it so",
  waiting_confirmation: "its worker makes it so, by asking a question",
  timed_out: "its deadline makes it so",
  evicted: "a full queue makes it so",
};

/** Fails with `invalid` for an update that makes no sense in itself. */
export function stepOf(taskId: string, update: TaskUpdate): UpdateStep {
  if (!validator.Check(update)) {
    throw wrong(taskId, valueMisfit(validator.Errors(update), update, TaskUpdate));
  }
  const kind = kindOf(taskId, update);
  const known: readonly string[] = fieldsOf[kind];
  const given = Object.keys(update).filter((field) => Reflect.get(update, field) !== undefined);
  const others = given.filter((field) => !known.includes(field));
  if (others.length > 0) {
    const text = `${others.join(", ")} cannot go with ${kind} (${known.join(", ")}): use a call of its own`;
    throw wrong(taskId, text);
  }
  return stepFrom(taskId, kind, update);
}

/** Fails with `conflict` and what is allowed when the task cannot go there from where it is. */
export function checkStep({ kind }: UpdateStep, task: TaskView): void {
  if (kind === "describe") return;
  const { status, taskId } = task;
  if (isEnded(status)) {
    throw conflict(taskId, `is ${status}, which it stays; submit a new task instead`);
  }
  if (kind === "progress") {
    if (status !== "running") throw conflict(taskId, `is ${status}: only running tasks progress`);
    return;
  }
  const to = ({ complete: "completed", fail: "failed", cancel: "cancelled" } as const)[kind];
  if (kind === "cancel" || status === "running") return;
  const allowed = taskMoves[status].filter((next) => next === "cancelled");
  const moves = taskMoves[status].join(", ");
  const text = `is ${status}, from where it may become ${moves}; of these you can ask for ${allowed.join(", ")}`;
  throw conflict(taskId, `${text}, and for ${to} only while it runs`);
}

function kindOf(taskId: string, { status, progress, message, ...update }: TaskUpdate) {
  if (status === undefined) {
    if (progress !== undefined || message !== undefined) return "progress";
    if (Object.keys(description).some((field) => Reflect.has(update, field))) return "describe";
    const fields = [...Object.keys(description), "progress", "status"].join(", ");
    throw wrong(taskId, `it says nothing: give one of ${fields}`);
  }
  if (status === "completed") return "complete";
  if (status === "failed") return "fail";
  if (status === "cancelled") return "cancel";
  const allowed = "completed and failed (by who holds the lease) and cancelled";
  throw conflict(taskId, `cannot be made ${status}: ${doneBy[status]}; allowed are ${allowed}`);
}

function stepFrom(taskId: string, kind: UpdateStep["kind"], update: TaskUpdate): UpdateStep {
  const { lease, progress, message = null, result, failure, reason, version } = update;
  switch (kind) {
    case "describe": {
      const { name, description, metadata, affinityTags } = update;
      const changes = { name, description, metadata, affinityTags };
      return { kind, changes: withoutGaps(changes), version };
    }
    case "cancel":
      return { kind, reason };
    case "progress":
      if (progress === undefined) throw wrong(taskId, "a message goes with a progress: add it");
      return { kind, lease: leaseOf(taskId, lease), progress, message };
    case "complete":
      if (result === undefined) throw wrong(taskId, "completed needs a result: add it");
      return { kind, lease: leaseOf(taskId, lease), result };
    case "fail":
      if (failure === undefined) throw wrong(taskId, "failed needs a failure: add it");
      return { kind, lease: leaseOf(taskId, lease), failure };
    default:
      return kind satisfies never;
  }
}

function leaseOf(taskId: string, lease: LeaseRef | undefined): LeaseRef {
  if (lease?.taskId === taskId) return lease;
  const seen = lease === undefined ? "none was given" : `this one is of ${lease.taskId}`;
  throw wrong(taskId, `only who holds its lease may say so: add the lease of its run; ${seen}`);
}

/** What is undefined is left out. */
function withoutGaps(
  changes: {
    readonly [Field in keyof Description]: Description[Field] | undefined;
  },
): Description {
  const { name, description, metadata, affinityTags } = changes;
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(affinityTags === undefined ? {} : { affinityTags }),
  };
}

const wrong = (taskId: string, text: string): Failure =>
  new Failure("invalid", `the update of ${taskId} changes nothing: ${text}`);
const conflict = (taskId: string, text: string): Failure =>
  new Failure("conflict", `the task ${taskId} ${text}`);
