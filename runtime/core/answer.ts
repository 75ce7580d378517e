// What a handler's result means for the ask that it answers.
import { Deferred } from "#protocols/protocol.ts";
import { crashOf } from "./hooks.ts";
import { type Reply, refusalIn } from "./reply.ts";

/** Answers with the result, now or when the deferred promise settles. */
export function answer(reply: Reply, result: unknown): void {
  // Hot: W2. To ask a number what class it is of costs ten times as much as this.
  if (typeof result !== "object" || !(result instanceof Deferred)) {
    reply.succeed(result);
    return;
  }
  // It may be no promise of the language's own.
  Promise.resolve(result.promise).then(
    (value) => reply.succeed(value),
    (error: unknown) => reply.refuse(refusalIn(error) ?? crashOf(error, "a deferred reply")),
  );
}
