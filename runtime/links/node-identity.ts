// How a greeter proves which node it is. A CURVE key lets a connection in, but ZeroMQ does not tell
// which key it was: without a proof of its own, any node could greet in the name of any other.
//
//   dialler  -- hello ------------------------------->  listener
//   dialler  <-- challenge(nonce) --------------------  listener
//   dialler  -- hello, nonce, proof ----------------->  listener: verify, then welcome or refuse
//
// The other direction needs none: the dialler knows whose key it demands of the listener.
import type { NodeId } from "#protocols/address.ts";

/** What a proof is about. All of it stands in the hello, but `to`, which each side knows itself. */
export interface IdentityClaim {
  /** What the listener gave as its challenge. */
  readonly nonce: Uint8Array;
  readonly from: NodeId;
  /** The listener's name. */
  readonly to: string;
  readonly session: number;
}

export type IdentityVerdict =
  /** `key` is the public key that spoke; undefined where nobody has keys. */
  | { readonly kind: "proved"; readonly key: string | undefined }
  /** A question that was not asked, or too long ago: ask anew. `text` goes on as "the listener …". */
  | { readonly kind: "stale"; readonly text: string }
  | { readonly kind: "refused"; readonly text: string };

export interface Identity {
  /** What a hello without proof is answered with; undefined: it needs none. */
  challenge(session: number, nowMs: number): Uint8Array | undefined;
  /** Undefined when nothing is known by which the listener could recognise this node. */
  prove(claim: IdentityClaim): Uint8Array | undefined;
  /** A nonce is good for one call, whatever the verdict. */
  verify(claim: IdentityClaim, proof: Uint8Array, nowMs: number): IdentityVerdict;
}

/** Believes what a greeting says: for links that cannot leave the machine, or a closed network. */
export const plainIdentity: Identity = {
  challenge: () => undefined,
  prove: () => new Uint8Array(),
  verify: () => ({ kind: "proved", key: undefined }),
};

/** The answer to a challenge, as it stands in a hello. */
export interface ProofOfIdentity {
  readonly nonce: Uint8Array;
  readonly proof: Uint8Array;
}

/** Nobody has asked for one. */
export const noProof: ProofOfIdentity = { nonce: new Uint8Array(), proof: new Uint8Array() };
