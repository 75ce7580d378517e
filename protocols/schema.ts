// Schemas that TypeBox does not have: raw bytes, and an actor ref of a given protocol.
import Type, { type TRefine, type TUnknown, type TUnsafe } from "typebox";
import { type AnyRef, refMark } from "./actor-ref.ts";
import type { Protocol } from "./protocol.ts";

const isRef = (value: unknown): value is AnyRef =>
  typeof value === "object" &&
  value !== null &&
  refMark in value &&
  "$" in value &&
  typeof value.$ === "object" &&
  value.$ !== null &&
  "protocolId" in value.$;

/** A ref, whatever its actor speaks. */
export const anyRef: TRefine<TUnknown> = Type.Refine(
  Type.Unknown(),
  isRef,
  () => "is not a reference to an actor",
);

/** A ref whose actor speaks this protocol. */
export const refOf = (protocol: Protocol<never> | { readonly id: string }): TRefine<TUnknown> =>
  Type.Refine(
    Type.Unknown(),
    (value) => isRef(value) && value.$.protocolId === protocol.id,
    () => `is not a reference to an actor of ${protocol.id}`,
  );

/** A `Uint8Array` (or `Buffer`) of at most so many bytes. */
export const bytesUpTo = (bytesMax: number): TRefine<TUnsafe<Uint8Array>> =>
  Type.Refine(
    Type.Unsafe<Uint8Array>({}),
    (value) => value instanceof Uint8Array && value.byteLength <= bytesMax,
    () => `is not a byte array of at most ${bytesMax} bytes`,
  );
