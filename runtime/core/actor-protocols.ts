// The protocols that whoever hosts an actor must know: its own, and those of the refs that it gets.
import type { Protocol } from "#protocols/protocol.ts";
import type { ActorClass } from "./actor-class.ts";

/** The class's protocol, then those listed in its `static protocols`. */
export function protocolsOf(type: ActorClass): readonly Protocol<unknown>[] {
  const more: unknown = Reflect.get(type, "protocols");
  const listed = Array.isArray(more) ? more.filter(isProtocol) : [];
  return [type.protocol, ...listed];
}

export const isProtocol = (value: unknown): value is Protocol<unknown> =>
  typeof value === "object" && value !== null && "id" in value && "methods" in value;
