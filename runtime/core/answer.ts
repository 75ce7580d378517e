// What a handler's result means for the ask that it answers.
import { crashOf } from "./hooks.ts";
import { Refusal, type Reply } from "./reply.ts";

/** Answers with the result, now or when the deferred promise settles. */
export function answer(reply: Reply, result: unknown): void {
  if (!isDeferred(result)) {
    reply.succeed(result);
    return;
  }
  result.$deferred.then(
    (value) => reply.succeed(value),
    (error: unknown) => {
      reply.refuse(error instanceof Refusal ? error.failure : crashOf(error, "a deferred reply"));
    },
  );
}

const isDeferred = (value: unknown): value is { readonly $deferred: Promise<unknown> } =>
  typeof value === "object" && value !== null && "$deferred" in value;
