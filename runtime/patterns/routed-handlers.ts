// The handlers of a class that passes on a whole protocol: one for each method, made once per class.
import { Failure } from "#protocols/failure.ts";
import type { MethodSpec, Protocol } from "#protocols/protocol.ts";

/** How an instance of the class handles any message. */
export type RoutedHandler<A> = (actor: A, spec: MethodSpec, args: readonly unknown[]) => unknown;

/** Fails with `invalid` when the class has a member of a method's name already. */
export function declareHandlers<A extends object>(
  prototype: A,
  known: Protocol<never> | { readonly id: string; readonly methods: Protocol<never>["methods"] },
  handle: RoutedHandler<A>,
): void {
  for (const spec of known.methods.values()) {
    if (spec.name in prototype) {
      const text = `${known.id} cannot be routed: its method ${spec.name} has the name of a member of every router; rename it`;
      throw new Failure("invalid", text);
    }
    Object.defineProperty(prototype, spec.name, {
      value(this: A, ...args: unknown[]): unknown {
        return handle(this, spec, args);
      },
    });
  }
}
