// A message that names its method, from another node or by way of a path, on its last step.
import { Failure } from "#protocols/failure.ts";
import { formOf, payloadOf } from "#protocols/selector.ts";
import type { Origin } from "./origin.ts";
import type { Sink } from "./ref.ts";

/** Fails with `unknown_message` when the actor's protocol has no such method. */
export function acceptNamed(
  actor: Sink,
  message: { readonly method: string; readonly args: readonly unknown[] },
  origin: Origin | undefined,
): void {
  const { method, args } = message;
  const known = actor.protocol.methods.get(method);
  if (!known) throw new Failure("unknown_message", `${actor.protocol.id} has no method ${method}`);
  actor.accept(formOf(known.selectors, args.length), payloadOf(args), origin);
}
