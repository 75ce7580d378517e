// An actor in the directory: its address and its protocol, as a value and back.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type Address, addressKey } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { Entry, PlainValue } from "#runtime/cluster/directory/directory.ts";

export interface ActorPlace {
  readonly address: Address;
  readonly protocolId: string;
}

export function placeValue({ $ }: AnyRef): PlainValue {
  const { node, path, uid } = $.address;
  const { name, incarnation } = node;
  return { node: { name, incarnation }, path, uid, protocolId: $.protocolId };
}

/** Fails with `corrupt` for an entry that says something else. */
export function placeIn({ key, value }: Entry): ActorPlace {
  const { node, path, uid, protocolId } = fieldsOf(value);
  const { name, incarnation } = fieldsOf(node);
  if (
    typeof name === "string" &&
    typeof incarnation === "number" &&
    typeof path === "string" &&
    typeof uid === "number" &&
    typeof protocolId === "string"
  ) {
    return { address: { node: { name, incarnation }, path, uid }, protocolId };
  }
  const seen = JSON.stringify(value).slice(0, 200);
  throw new Failure("corrupt", `${key} in the directory says ${seen}, which is no actor`);
}

export const isPlaceOf = (entry: Entry, { $ }: AnyRef): boolean =>
  addressKey(placeIn(entry).address) === addressKey($.address);

function fieldsOf(value: PlainValue | undefined): { readonly [key: string]: PlainValue } {
  return isFields(value) ? value : {};
}

const isFields = (value: PlainValue | undefined): value is { readonly [key: string]: PlainValue } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
