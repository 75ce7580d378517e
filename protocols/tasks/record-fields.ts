// Fields that many of the cluster's records have.
import Type, { type TNull, type TSchema, type TUnion } from "typebox";
import { namePattern } from "../address.ts";
import { storeLimits } from "../store-limits.ts";

export const OrNull = <S extends TSchema>(schema: S): TUnion<[S, TNull]> =>
  Type.Union([schema, Type.Null()]);

export const NodeName = Type.String({
  pattern: namePattern.source,
  maxLength: 64,
  description: "1 to 64 letters, digits and . _ $ -, the first of them a letter, a digit or $",
});
/** A name that people or programs choose: of a user, a rule, a model. */
export const RecordName = Type.String({ minLength: 1, maxLength: 128 });
/** A few words for people. */
export const Remark = Type.String({ maxLength: 4_096 });
/** Milliseconds since 1970 UTC. */
export const Moment = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 });
export const Whole = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** Of a record, from 1; every change counts. */
export const RecordVersion = Type.Integer({ minimum: 1 });
export const PageLimit = Type.Integer({ minimum: 1, maximum: storeLimits.recordPageMax });
/** SHA-256, as hex. */
export const Sha256 = Type.String({
  pattern: "^[0-9a-f]{64}$",
  description: "64 digits of hexadecimal, in small letters",
});

/** The record had changed since it was read: it now has that version. Read it again, then decide. */
export interface Stale {
  readonly kind: "stale";
  readonly version: number;
}
export interface NotFound {
  readonly kind: "not_found";
}
/** There are as many as the limit allows; nothing was stored. */
export interface Full {
  readonly kind: "full";
  readonly limit: number;
}
