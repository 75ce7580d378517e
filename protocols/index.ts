// Public face of the protocols: what one needs to declare a protocol and to speak it.
export type { AnyRef, CallOptions, Ref, RefMeta } from "./actor-ref.ts";
export { type Address, formatAddress, type NodeId } from "./address.ts";
export type { ArgumentSchema, StandardSchema } from "./argument-check.ts";
export type { Exit } from "./envelope.ts";
export { Failure } from "./failure.ts";
export { type FailureCode, type FailureData, failureCodes } from "./failure-codes.ts";
export { limits } from "./limits.ts";
export {
  type Ack,
  ack,
  ask,
  type Deferred,
  type Handlers,
  type Protocol,
  protocol,
  tell,
} from "./protocol.ts";
export { anyRef, bytesUpTo, refOf } from "./schema.ts";
