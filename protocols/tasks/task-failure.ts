// How an attempt failed, as its worker reports it.
import Type, { type Static } from "typebox";

/** Why an attempt failed, which decides whether another one can help. */
export const FailureClass = Type.Union([
  Type.Literal("network"),
  Type.Literal("resource"),
  Type.Literal("node_lost"),
  Type.Literal("timeout"),
  /** Tried once more, on another node if there is one. */
  Type.Literal("model"),
  Type.Literal("validation"),
  Type.Literal("auth"),
  Type.Literal("cancelled"),
]);
export type FailureClass = Static<typeof FailureClass>;

export const TaskFailure = Type.Object({
  code: Type.String({ minLength: 1, maxLength: 64 }),
  detail: Type.String({ maxLength: 16_384 }),
  class: FailureClass,
  /** Waits at least so long before the next attempt. */
  retryAfterMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 400 * 24 * 3_600_000 })),
});
export type TaskFailure = Readonly<Static<typeof TaskFailure>>;
