// A task that is made of steps, each a task of its own: the steps that others rest on run first and hand
// their files on; those that rest on nothing of each other run at the same time. A pipeline is a row of
// them, a batch is many beside one another.
//
//   find text ──mask──► fill it ──image──► shrink        for each picture: fill it ─┐
//                                                                     fill it ──┴──► (all ended)
//
// The task itself waits in the queue `steps`, holds no worker's slot, and ends with its last steps.
import Type, { type Static } from "typebox";
import { TaskParameters, TaskPriority } from "./task.ts";

export const stepsType = "steps";
export const stepsModel = "steps";
export const stepsQueue = "steps";
/** Whose slots run steps: a name that no topology can give to a node. */
export const stepsNode = "$steps";

/** Steps of one task. More: `invalid`; submit several tasks. */
export const stepsMax = 64;

const Name = Type.String({ minLength: 1, maxLength: 64 });
const closed = { additionalProperties: false } as const;

export const TaskStep = Type.Object(
  {
    /** Within its task; short, since files of its result may bear it too. */
    name: Type.String({ minLength: 1, maxLength: 32 }),
    type: Name,
    model: Name,
    /** Default: the one that fits it best. */
    queue: Type.Optional(Name),
    /** Default: that of the task. */
    priority: Type.Optional(TaskPriority),
    parameters: Type.Optional(TaskParameters),
    requiredSkills: Type.Optional(Type.Array(Name, { maxItems: 32 })),
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

/** The parameter `steps` of such a task is this, as JSON. */
export const TaskSteps = Type.Array(TaskStep, { minItems: 1, maxItems: stepsMax });
