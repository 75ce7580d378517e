// A task that is made of steps, each a task of its own: the steps that others rest on run first and hand
// their files on; those that rest on nothing of each other run at the same time. A pipeline is a row of
// them, a batch is many beside one another.
//
//   find text ──mask──► fill it ──image──► shrink        for each picture: fill it ─┐
//                                                                     fill it ──┴──► (all ended)
//
// Between two of them a person may be asked: a step of the type `confirm`.
//
// The task itself waits in the queue `steps`, holds no worker's slot, and ends with its last steps.
import Type, { type Static } from "typebox";
import { SkillLevel } from "./skill-sight.ts";
import { TaskPriority, waitMsMax } from "./task.ts";
import { TaskParameters } from "./task-parameters.ts";
import { UserId } from "./user-id.ts";
import { WrittenMachine, WrittenRetry } from "./written-terms.ts";

export const stepsType = "steps";
export const stepsModel = "steps";
export const stepsQueue = "steps";
/** Whose slots run steps: a name that no topology can give to a node. */
export const stepsNode = "$steps";

/** Steps of one task. More: `invalid`; submit several tasks. */
export const stepsMax = 64;

const Name = Type.String({ minLength: 1, maxLength: 64 });
const closed = { additionalProperties: false } as const;

/** Asks a person between two steps. Its result is the files that it takes, as they are. */
export const confirmType = "confirm";

const PersonTerms = Type.Object(
  {
    question: Type.String({ minLength: 1, maxLength: 4_096 }),
    /** Who may answer. Default: the user of the task. */
    userId: Type.Optional(UserId),
    /** Default: five minutes. */
    expiresMs: Type.Optional(Type.Integer({ minimum: 1, maximum: waitMsMax })),
    /** What silence means. `reject`, and who says no, ends the task as cancelled; `fail` as failed. */
    onTimeout: Type.Enum(["proceed", "reject", "fail"]),
  },
  closed,
);
export type PersonTerms = Readonly<Static<typeof PersonTerms>>;

export const TaskStep = Type.Object(
  {
    /** Within its task; short, since files of its result may bear it too. */
    name: Type.String({ minLength: 1, maxLength: 32 }),
    type: Name,
    /** Every step has one but those that ask a person. */
    model: Type.Optional(Name),
    /** What a step of the type `confirm` asks; other steps have none. */
    confirm: Type.Optional(PersonTerms),
    /** Default: the one that fits it best. */
    queue: Type.Optional(Name),
    /** Default: that of the task. */
    priority: Type.Optional(TaskPriority),
    parameters: Type.Optional(TaskParameters),
    requiredSkills: Type.Optional(Type.Array(Name, { maxItems: 32 })),
    skillLevel: Type.Optional(SkillLevel),
    optionalSkills: Type.Optional(Type.Array(Name, { maxItems: 32 })),
    affinityTags: Type.Optional(Type.Array(Name, { maxItems: 32 })),
    /** Default: that of the task. */
    fairKey: Type.Optional(Name),
    /** Of one attempt. */
    timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: waitMsMax })),
    /** Attempts after the first that a retryable failure may use up. Default: as the task. */
    maxRetries: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    /** Default: that of the task, or else of the queue that it goes to. */
    retry: Type.Optional(WrittenRetry),
    /** Whether it may give way to a more urgent one when its queue is full. Default: as the task. */
    isEvictable: Type.Optional(Type.Boolean()),
    machine: Type.Optional(WrittenMachine),
    /** What it hands back is part of the task's result too, under `step.name`. Default: false. */
    isKept: Type.Optional(Type.Boolean()),
    /** Steps that must have been completed before. Those that `inputs` names are so anyway. */
    after: Type.Optional(Type.Array(Name, { maxItems: stepsMax })),
    /** Default: the files of the task, under their own names. */
    inputs: Type.Optional(
      Type.Array(
        Type.Object(
          {
            /** Its name for this step. */
            name: Name,
            /** A step whose result it is of; default: the task's own inputs. */
            from: Type.Optional(Name),
            /** Its name there; default: the same. */
            file: Type.Optional(Name),
          },
          closed,
        ),
        { maxItems: 8 },
      ),
    ),
  },
  closed,
);
export type TaskStep = Readonly<Static<typeof TaskStep>>;
/** A step that a worker runs. */
export type WorkStep = TaskStep & { readonly model: string };
/** A step that asks. */
export type AskingStep = TaskStep & { readonly confirm: PersonTerms };

/** The parameter `steps` of such a task is this, as JSON. */
export const TaskSteps = Type.Array(TaskStep, { minItems: 1, maxItems: stepsMax });
