// CURVE key pairs: make them, keep them in a file that only their owner reads, load them.
//
// CURVE keys are X25519 keys (RFC 7748) in Z85, so Node's crypto makes them and agrees on secrets
// with them, and no socket library is needed to handle keys. A secret key shows itself to nobody who
// prints or serialises what holds it.
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import path from "node:path";
import { namePattern } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import { createGuarded, type FileGuard, readGuarded, replaceGuarded } from "./private-file.ts";
import { decodeZ85, encodeZ85 } from "./z85.ts";

const keyBytes = 32;
const format = "troupe.curve-keys@1";
const guard: FileGuard = {
  readers: "owner",
  bytesMax: 4_096,
  remedy: "make the node's keys with troupe keys make, or copy them here",
};

const prime = 2n ** 255n - 19n;
/** The points whose multiples are few: of order 1, 2, 4 and 8. */
const lowOrder: readonly bigint[] = [
  0n,
  1n,
  prime - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
];

// RFC 8410: what stands before the 32 bytes of an X25519 key.
const pkcs8Head = Buffer.from("302e020100300506032b656e04220420", "hex");
const spkiHead = Buffer.from("302a300506032b656e032100", "hex");

export class CurveKeyPair {
  /** 40 characters of Z85. */
  readonly publicKey: string;
  readonly #secretKey: string;
  readonly #key: KeyObject;

  /** Fails with `corrupt` when the text is no secret key. */
  constructor(secretKey: string) {
    const bytes = keyOf(secretKey);
    if (bytes === undefined) {
      throw new Failure("corrupt", "a secret key has 40 characters of Z85, this one has not");
    }
    this.#secretKey = secretKey;
    const der = Buffer.concat([pkcs8Head, bytes]);
    this.#key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    const publicDer = createPublicKey(this.#key).export({ format: "der", type: "spki" });
    this.publicKey = encodeZ85(publicDer.subarray(-keyBytes));
  }

  /** For the socket and the key file, and nobody else. */
  revealSecretKey(): string {
    return this.#secretKey;
  }

  /** 32 bytes that only the holders of the two secret keys know; undefined for what is no key. */
  secretSharedWith(publicKey: string): Buffer | undefined {
    const bytes = keyOf(publicKey);
    if (bytes === undefined) return undefined;
    const der = Buffer.concat([spkiHead, bytes]);
    try {
      const theirs = createPublicKey({ key: der, format: "der", type: "spki" });
      return diffieHellman({ privateKey: this.#key, publicKey: theirs });
    } catch {
      // A point of low order: everybody would know the secret.
      return undefined;
    }
  }
}

export function makeKeyPair(): CurveKeyPair {
  const { privateKey } = generateKeyPairSync("x25519");
  const der = privateKey.export({ format: "der", type: "pkcs8" });
  return new CurveKeyPair(encodeZ85(der.subarray(-keyBytes)));
}

/**
 * Whether the text can be a public key: 40 characters of Z85, and no point of low order, with which
 * everybody would know the secret. Cheaper than to try, for registries of many keys.
 */
export function isPublicKey(text: string): boolean {
  const bytes = keyOf(text);
  if (bytes === undefined) return false;
  // Little-endian, the highest bit ignored, as RFC 7748 reads it.
  const number = BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`) & (2n ** 255n - 1n);
  return !lowOrder.includes(number % prime);
}

/** `keys/worker-1.json`; the pair that is to follow it stands in `keys/worker-1.json.next`. */
export const keyFile = (folder: string, node: string): string => path.join(folder, `${node}.json`);
export const nextKeyFile = (folder: string, node: string): string =>
  `${keyFile(folder, node)}.next`;

export interface KeptKeyPair {
  readonly node: string;
  readonly pair: CurveKeyPair;
}

/** Readable by its owner alone. `conflict` when the file is there: keys are never written over. */
export function createKeyFile(file: string, { node, pair }: KeptKeyPair): void {
  createGuarded(file, keyText(node, pair), guard);
}

export function replaceKeyFile(file: string, { node, pair }: KeptKeyPair): void {
  replaceGuarded(file, keyText(node, pair), guard);
}

/**
 * The pair of that node. Fails with `not_found`, with `invalid` when others can read or change the
 * file, and with `corrupt` when it is damaged or another node's.
 */
export function loadKeyFile(file: string, node: string): CurveKeyPair {
  const text = readGuarded(file, guard);
  const damaged = (seen: string): never => {
    const remedy = "restore it from a copy, or remove it and make new keys with troupe keys make";
    throw new Failure("corrupt", `${file} ${seen}: ${remedy}`);
  };
  const kept = fieldsOf(text);
  if (kept === undefined) return damaged("is no JSON object");
  if (kept["format"] !== format) return damaged(`is not of the format ${format}`);
  if (kept["node"] !== node)
    return damaged(`holds the keys of ${shown(kept["node"])}, not ${node}`);
  const secret = kept["secretKey"];
  if (typeof secret !== "string" || keyOf(secret) === undefined) {
    return damaged("holds no secret key of 40 characters of Z85");
  }
  const pair = new CurveKeyPair(secret);
  if (pair.publicKey !== kept["publicKey"]) return damaged("holds two keys that are no pair");
  return pair;
}

const keyText = (node: string, pair: CurveKeyPair): string =>
  `${JSON.stringify({ format, node, publicKey: pair.publicKey, secretKey: pair.revealSecretKey() }, null, 2)}\n`;

function keyOf(text: string): Buffer | undefined {
  const bytes = decodeZ85(text);
  return bytes?.length === keyBytes ? bytes : undefined;
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value));
  } catch {
    return undefined;
  }
}

/** Of what may be a secret that was put into the wrong place, nothing is shown. */
const shown = (name: unknown): string =>
  typeof name === "string" && namePattern.test(name) ? name : "nobody";
