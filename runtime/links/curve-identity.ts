// Identity by the CURVE keys: the proof is an HMAC under the secret that the two nodes' keys agree on
// (X25519), so only the two of them can make it, and only for the name that the registry gives the
// key.
//
//   proof = for each key of the listener:  HMAC-SHA256(X25519(my secret, its public), claim)
//
// While a node changes its key, two keys speak for it: a proof then holds a part for either, and a
// part by either is accepted.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { CurveKeyPair } from "./curve-keys.ts";
import { type KeyRegistry, registryBounds } from "./key-registry.ts";
import type { Identity, IdentityClaim, IdentityVerdict } from "./node-identity.ts";
import { NonceBook } from "./nonce-book.ts";

const label = "troupe.hello@1";
const partBytes = 32;
const secretsMax = registryBounds.nodesMax * registryBounds.keysMax;

export interface CurveIdentityOptions {
  /** This node's name. */
  readonly node: string;
  readonly pair: CurveKeyPair;
  /** The registry that holds now. */
  readonly registry: () => KeyRegistry;
  /** 32 bytes that nobody can foresee. */
  readonly newNonce: () => Buffer;
}

export class CurveIdentity implements Identity {
  readonly #options: CurveIdentityOptions;
  readonly #nonces: NonceBook;
  /** Agreed secrets by public key: agreeing costs thirty times as much as the rest. */
  readonly #secrets = new Map<string, Buffer>();

  constructor(options: CurveIdentityOptions) {
    this.#options = options;
    this.#nonces = new NonceBook(options.newNonce);
  }

  challenge(session: number, nowMs: number): Buffer {
    return this.#nonces.give(session, nowMs);
  }

  prove(claim: IdentityClaim): Buffer | undefined {
    const parts = this.#keysOf(claim.to).map((key) => this.#part(key, claim));
    return parts.length === 0 ? undefined : Buffer.concat(parts);
  }

  verify(claim: IdentityClaim, proof: Uint8Array, nowMs: number): IdentityVerdict {
    const { node } = this.#options;
    const isAsked = this.#nonces.redeem(claim.nonce, claim.session, nowMs);
    if (!isAsked) return { kind: "stale", text: "did not ask this question of late: greet anew" };
    if (claim.to !== node) return refused(`is ${node}, not ${claim.to}`);
    const { name } = claim.from;
    const keys = this.#keysOf(name);
    if (keys.length === 0) {
      return refused(`has no key of ${name} in its registry: troupe keys add --node ${name}`);
    }
    const spoke = keys.filter((key) => isAmong(this.#part(key, claim), proof));
    const [key] = spoke;
    if (key === undefined) return refused(`does not believe that this is ${name}: the keys differ`);
    return { kind: "proved", key };
  }

  #keysOf(name: string): readonly string[] {
    return this.#options.registry().keysOf(name);
  }

  #part(key: string, { nonce, from, to, session }: IdentityClaim): Buffer {
    const hmac = createHmac("sha256", this.#secretWith(key));
    for (const text of [label, from.name, to]) hmac.update(measured(Buffer.from(text)));
    hmac.update(measured(nonce));
    const numbers = Buffer.alloc(16);
    numbers.writeDoubleBE(from.incarnation, 0);
    numbers.writeDoubleBE(session, 8);
    return hmac.update(numbers).digest();
  }

  #secretWith(key: string): Buffer {
    const known = this.#secrets.get(key);
    if (known !== undefined) return known;
    const secret = this.#options.pair.secretSharedWith(key);
    if (secret === undefined) throw new Error("a registry holds public CURVE keys only");
    if (this.#secrets.size >= secretsMax) this.#secrets.clear();
    this.#secrets.set(key, secret);
    return secret;
  }
}

const refused = (text: string): IdentityVerdict => ({ kind: "refused", text });

/** With its length before it, so that no two claims are the same bytes. */
function measured(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Takes as long for every proof of that length. */
function isAmong(expected: Buffer, proof: Uint8Array): boolean {
  if (proof.length % partBytes !== 0 || proof.length > partBytes * registryBounds.keysMax) {
    return false;
  }
  let isThere = false;
  for (let position = 0; position < proof.length; position += partBytes) {
    const isPart = timingSafeEqual(expected, proof.subarray(position, position + partBytes));
    isThere = isPart || isThere;
  }
  return isThere;
}
