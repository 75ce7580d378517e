// What a task asks a person, as its parameters say.
import type { PersonQuestion } from "#protocols/tasks/confirmation.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";

export const questionOf = ({
  asks,
  onTimeout,
  expiresMs,
}: TaskParameters): PersonQuestion & Required<Pick<PersonQuestion, "mode" | "expiresMs">> => ({
  ...{ step: 1, userId: "someone", stepResult: {} },
  mode: asks === "park" ? "park" : "hold",
  expiresMs: Number(expiresMs),
  onTimeout: onTimeout === "fail" || onTimeout === "reject" ? onTimeout : "proceed",
});
