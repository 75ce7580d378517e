// Names of keyed actors: what may be a kind and a key, their addresses, and where their shards stand in
// the directory. Pure.
//
//   troupe://$keyed/account/ada      the actor "ada" of the kind "account", wherever it lives
//   keyed/account                    what all nodes agree on about the kind
//   keyed/account/bank-1             the node bank-1 uses the kind, or hosts it
//   shards/account/17                who owns the shard 17
import { type Address, namePattern } from "#protocols/address.ts";
import { keyedRealm } from "#protocols/cluster/keyed-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";

/** Characters of a kind's name: the keeper of a kind has a longer one. */
const kindLengthMax = 48;

/** Printable ASCII but for `/` and `#`, which addresses need. */
const keyPattern = /^[!-"$-.0-~]+$/;

/** Fails with `invalid`. */
export function checkKind(kind: unknown): string {
  const isName = typeof kind === "string" && namePattern.test(kind) && !kind.startsWith("$");
  if (isName && kind.length <= kindLengthMax) return kind;
  const text = `${seen(kind)} cannot name a kind of keyed actors; use up to ${kindLengthMax} letters, digits, . _ -`;
  throw new Failure("invalid", text);
}

/** Why that can be no key; undefined when it can. */
export function keyProblem(key: unknown): Failure | undefined {
  const isText = typeof key === "string" && key.length <= limits.keyedKeyLengthMax;
  if (isText && keyPattern.test(key)) return undefined;
  const text = `${seen(key)} can be no key; use 1 to ${limits.keyedKeyLengthMax} printable ASCII characters without / and #, for other text encodeURIComponent`;
  return new Failure("invalid", text);
}

const seen = (value: unknown): string =>
  typeof value === "string"
    ? JSON.stringify(value.slice(0, 80))
    : `a value of type ${typeof value}`;

export const keyedAddress = (kind: string, key: string): Address => ({
  node: { name: keyedRealm, incarnation: 0 },
  path: `/${kind}/${key}`,
  uid: 0,
});

/** Kind and key of what `keyedAddress` wrote, unchecked; undefined for any other path. */
export function keyedName(
  path: string,
): { readonly kind: string; readonly key: string } | undefined {
  const end = path.indexOf("/", 1);
  return end < 2 ? undefined : { kind: path.slice(1, end), key: path.slice(end + 1) };
}

export const kindEntryKey = (kind: string): string => `keyed/${kind}`;
export const usersPrefix = (kind: string): string => `keyed/${kind}/`;
export const shardsPrefix = (kind: string): string => `shards/${kind}/`;

/** The number at the end of a shard's key; undefined when it is no shard of the kind. */
export function shardIn(key: string, shards: number): number | undefined {
  const text = key.slice(key.lastIndexOf("/") + 1);
  const shard = Number(text);
  return String(shard) === text && Number.isInteger(shard) && shard >= 0 && shard < shards
    ? shard
    : undefined;
}
