// Watches that an actor's handlers do not run into each other: only readonly ones may be at work at the
// same time. It costs nothing in the history as long as that holds.
import type { ObservedActor } from "#runtime/core/observer.ts";
import { broken } from "./broken-promise.ts";
import type { Check } from "./checker.ts";

type Overlapped = (actor: ObservedActor, methods: string) => void;

export class OneAtATime {
  readonly #overlapped: Overlapped;
  readonly #atWork = new WeakMap<ObservedActor, string[]>();

  constructor(overlapped: Overlapped) {
    this.#overlapped = overlapped;
  }

  began(actor: ObservedActor, method: string): void {
    const atWork = this.#atWork.get(actor);
    if (atWork === undefined) {
      this.#atWork.set(actor, [method]);
      return;
    }
    atWork.push(method);
    if (atWork.length > 1 && !atWork.every((name) => isReadonly(actor, name))) {
      this.#overlapped(actor, atWork.join(" and "));
    }
  }

  ended(actor: ObservedActor, method: string): void {
    const atWork = this.#atWork.get(actor);
    const index = atWork?.indexOf(method) ?? -1;
    if (index >= 0) atWork?.splice(index, 1);
  }
}

/** No actor handles a message while it is at work at another, but for readonly ones. */
export const oneAtATime: Check = () => ({
  name: "one at a time",
  saw(event) {
    if (event.kind !== "overlapped") return;
    throw broken(`${event.actor} is at work at ${event.methods} at the same time`, [event.id]);
  },
});

function isReadonly({ protocol }: ObservedActor, method: string): boolean {
  if (!("methods" in protocol) || !(protocol.methods instanceof Map)) return false;
  const spec: unknown = protocol.methods.get(method);
  const kind = typeof spec === "object" && spec !== null && "kind" in spec ? spec.kind : undefined;
  return (
    typeof kind === "object" && kind !== null && "isReadonly" in kind && kind.isReadonly === true
  );
}
