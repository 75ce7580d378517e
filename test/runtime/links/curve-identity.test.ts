import assert from "node:assert/strict";
import { test } from "node:test";
import { CurveIdentity } from "#runtime/links/curve-identity.ts";
import { type CurveKeyPair, makeKeyPair } from "#runtime/links/curve-keys.ts";
import { KeyRegistry } from "#runtime/links/key-registry.ts";
import { type IdentityClaim, plainIdentity } from "#runtime/links/node-identity.ts";
import { NonceBook } from "#runtime/links/nonce-book.ts";

let drawn = 0;
/** As good as chance for a test: no two are equal. */
const newNonce = (): Buffer => {
  const nonce = Buffer.alloc(32);
  nonce.writeUInt32BE(++drawn, 28);
  return nonce;
};

const identity = (node: string, pair: CurveKeyPair, registry: KeyRegistry): CurveIdentity =>
  new CurveIdentity({ node, pair, registry: () => registry, newNonce });

const pairs = { a: makeKeyPair(), b: makeKeyPair(), mallory: makeKeyPair() };
const registry = Object.entries(pairs).reduce(
  (all, [node, { publicKey: key }]) => all.withKey({ node, key }),
  KeyRegistry.empty,
);
const a = identity("a", pairs.a, registry);
const b = identity("b", pairs.b, registry);
const mallory = identity("mallory", pairs.mallory, registry);

const claimOf = (nonce: Uint8Array, name = "a"): IdentityClaim => ({
  nonce,
  from: { name, incarnation: 7 },
  to: "b",
  session: 42,
});
const proofOf = (by: CurveIdentity, claim: IdentityClaim): Buffer => {
  const proof = by.prove(claim);
  assert.ok(proof);
  return proof;
};

test("a node proves that it is the one whose key the registry lists", () => {
  const claim = claimOf(b.challenge(42, 0));
  const verdict = b.verify(claim, proofOf(a, claim), 10);
  assert.deepEqual(verdict, { kind: "proved", key: pairs.a.publicKey });
});

test("a node with a key of the cluster cannot take the name of another", () => {
  const claim = claimOf(b.challenge(42, 0));
  const verdict = b.verify(claim, proofOf(mallory, claim), 10);
  assert.equal(verdict.kind, "refused");
  assert.match(verdict.kind === "refused" ? verdict.text : "", /does not believe that this is a/);
  const own = claimOf(b.challenge(42, 0), "mallory");
  assert.equal(b.verify(own, proofOf(mallory, own), 10).kind, "proved");
});

test("a proof is good once, soon, and for what it says alone", () => {
  const claim = claimOf(b.challenge(42, 0));
  const proof = proofOf(a, claim);
  assert.equal(b.verify(claim, proof, 10).kind, "proved");
  assert.equal(b.verify(claim, proof, 11).kind, "stale");
  const late = claimOf(b.challenge(42, 0));
  assert.equal(b.verify(late, proofOf(a, late), 5_001).kind, "stale");
  const unasked = claimOf(newNonce());
  assert.equal(b.verify(unasked, proofOf(a, unasked), 0).kind, "stale");
  const changes: readonly ((claim: IdentityClaim) => IdentityClaim)[] = [
    (one) => ({ ...one, nonce: b.challenge(42, 0) }),
    (one) => ({ ...one, from: { name: "a", incarnation: 8 } }),
    (one) => ({ ...one, from: { name: "mallory", incarnation: 7 } }),
    (one) => ({ ...one, to: "mallory" }),
  ];
  for (const change of changes) {
    const fresh = claimOf(b.challenge(42, 0));
    assert.equal(b.verify(change(fresh), proofOf(a, fresh), 0).kind, "refused");
  }
  const other = claimOf(b.challenge(42, 0));
  assert.equal(b.verify({ ...other, session: 43 }, proofOf(a, other), 0).kind, "stale");
});

test("a proof for one listener is none for another", () => {
  const nonce = b.challenge(42, 0);
  const forMallory = { ...claimOf(nonce), to: "mallory" };
  assert.equal(b.verify(claimOf(nonce), proofOf(a, forMallory), 0).kind, "refused");
});

test("proofs that are cut, long, empty or flipped in one bit are refused", () => {
  const proof = proofOf(a, claimOf(newNonce()));
  const flipped = (claim: IdentityClaim): Buffer => {
    const bytes = proofOf(a, claim);
    bytes[5] = (bytes[5] ?? 0) ^ 1;
    return bytes;
  };
  const forgeries: readonly ((claim: IdentityClaim) => Uint8Array)[] = [
    () => new Uint8Array(),
    (claim) => proofOf(a, claim).subarray(1),
    (claim) => Buffer.concat([proofOf(a, claim), proof, proof]),
    () => Buffer.alloc(32),
    flipped,
  ];
  for (const forge of forgeries) {
    const claim = claimOf(b.challenge(42, 0));
    assert.equal(b.verify(claim, forge(claim), 0).kind, "refused");
  }
});

test("while a node changes its key either side may have the old or the new one", () => {
  const next = { a: makeKeyPair(), b: makeKeyPair() };
  const both = registry
    .withKey({ node: "a", key: next.a.publicKey })
    .withKey({ node: "b", key: next.b.publicKey });
  for (const mine of [pairs.a, next.a]) {
    for (const theirs of [pairs.b, next.b]) {
      const [from, to] = [identity("a", mine, both), identity("b", theirs, both)];
      const claim = claimOf(to.challenge(42, 0));
      const verdict = to.verify(claim, proofOf(from, claim), 0);
      assert.deepEqual(verdict, { kind: "proved", key: mine.publicKey });
    }
  }
});

test("a node that one of the two registries does not list cannot prove itself", () => {
  const without = identity("b", pairs.b, registry.withoutNode("a"));
  const claim = claimOf(without.challenge(42, 0));
  const verdict = without.verify(claim, proofOf(a, claim), 0);
  assert.match(verdict.kind === "refused" ? verdict.text : "", /no key of a .*troupe keys add/);
  assert.equal(identity("a", pairs.a, registry.withoutNode("b")).prove(claim), undefined);
});

test("questions that nobody answers are forgotten, the oldest first", () => {
  const book = new NonceBook(newNonce);
  const first = book.give(1, 0);
  const second = book.give(1, 0);
  for (let count = 0; count < 4_095; count += 1) book.give(1, 0);
  assert.equal(book.redeem(first, 1, 0), false);
  assert.equal(book.redeem(second, 1, 0), true);
});

test("without keys nothing is asked and everybody is believed", () => {
  assert.equal(plainIdentity.challenge(1, 0), undefined);
  const verdict = plainIdentity.verify(claimOf(new Uint8Array()), new Uint8Array(), 0);
  assert.deepEqual(verdict, { kind: "proved", key: undefined });
});
