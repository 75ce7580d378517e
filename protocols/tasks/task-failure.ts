// How an attempt failed, as its worker reports it. The classes are a closed list: what is done about each
// stands in `failure-strategy.ts`, and which error belongs to which in `classify-failure.ts`.
import Type, { type Static } from "typebox";
import { retryAfterMsMax } from "./retry-after.ts";

/** Why an attempt failed, which decides what is done about it. */
export const FailureClass = Type.Enum([
  /** A peer could not be reached, or was cut off. */
  "network",
  /** Something was used up: memory, disk, places. */
  "resource",
  /** The model could not be run on this. */
  "model",
  /** What was asked for cannot be done, or not by who asked. */
  "validation",
  "timeout",
  "node_lost",
  "cancelled",
  /** A bug, or damaged data. */
  "internal",
]);
export type FailureClass = Static<typeof FailureClass>;

export const failureClasses: readonly FailureClass[] = FailureClass.enum;

export const isFailureClass = (word: string | null): word is FailureClass =>
  failureClasses.some((one) => one === word);

const retries = (description: string) =>
  Type.Optional(Type.Integer({ description, minimum: 0, maximum: 100 }));

/** How many retries failures of a class may use up, within those that the task has. */
export const ClassRetries = Type.Object(
  {
    network: retries("After a peer could not be reached."),
    resource: retries("After memory, disk or places were used up."),
    model: retries("After the model could not be run."),
    validation: retries("After a request that cannot be met."),
    timeout: retries("After an attempt took too long."),
    node_lost: retries("After an attempt lost a node that it needed."),
    cancelled: retries("After an attempt was given up."),
    internal: retries("After a bug, or damaged data."),
  } satisfies Record<FailureClass, unknown>,
  {
    additionalProperties: false,
    description: "Retries by the class of the failure. Default: as docs/errors.md says.",
  },
);

export const TaskFailure = Type.Object({
  code: Type.String({ minLength: 1, maxLength: 64 }),
  detail: Type.String({ maxLength: 16_384 }),
  class: FailureClass,
  /** Waits at least so long before the next attempt. */
  retryAfterMs: Type.Optional(Type.Integer({ minimum: 0, maximum: retryAfterMsMax })),
});
export type TaskFailure = Readonly<Static<typeof TaskFailure>>;
