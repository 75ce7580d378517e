// A handshake is broken at every single step, in every way, and then all heals: nothing is lost between two
// that live, nothing comes twice, and the next messages arrive.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CurveIdentity } from "#runtime/links/curve-identity.ts";
import { makeKeyPair } from "#runtime/links/curve-keys.ts";
import { KeyRegistry } from "#runtime/links/key-registry.ts";
import type { Identity } from "#runtime/links/node-identity.ts";
import {
  HandshakeRun,
  type HandshakeTerms,
  handshakeFaults,
  messagesEach,
} from "./handshake-run.ts";

const pairs = { a: makeKeyPair(), b: makeKeyPair() };
const registry = Object.entries(pairs).reduce(
  (all, [node, { publicKey: key }]) => all.withKey({ node, key }),
  KeyRegistry.empty,
);

function identityOf(name: string): Identity {
  let drawn = 0;
  const newNonce = (): Buffer => Buffer.alloc(32, `${name} ${++drawn}`);
  const pair = name === "a" ? pairs.a : pairs.b;
  return new CurveIdentity({ node: name, pair, registry: () => registry, newNonce });
}

/** Milliseconds: shorter than it takes to give up a peer, about as long, and much longer. */
const lengthsMs = [300, 1_500, 3_000] as const;
const sides = ["before", "after"] as const;

const worlds: Readonly<Record<string, HandshakeTerms>> = {
  "of two that talk, with proofs": { talking: ["a", "b"], identityOf },
  "of one that talks, with proofs": { talking: ["a"], identityOf },
  "of two that talk, without keys": { talking: ["a", "b"] },
};

for (const [name, terms] of Object.entries(worlds)) {
  test(`whatever goes wrong at any step of the handshake ${name}, all arrives once and in order`, (context) => {
    const { steps, delivered } = new HandshakeRun(terms).outcome();
    assert.equal(delivered, messagesEach * (terms.talking.length + 4));
    const wanted = ["dial", "connect", "send hello", "land welcome", "send batch", "land ack"];
    for (const what of terms.identityOf ? [...wanted, "land challenge"] : wanted) {
      assert.ok(
        steps.some((step) => step.endsWith(what)),
        `${what} is one of ${steps.join(", ")}`,
      );
    }
    let runs = 0;
    let happened = 0;
    for (let step = 1; step <= steps.length; step++) {
      for (const fault of handshakeFaults) {
        for (const side of sides) {
          for (const forMs of lengthsMs) {
            const plan = { fault, step, side, forMs };
            const told = JSON.stringify({ ...plan, what: steps[step - 1] });
            const run = assertKept(terms, plan, told);
            runs++;
            if (run.hasHappened) happened++;
            const isShort = !fault.startsWith("crash") && forMs < 1_500;
            if (isShort) assert.equal(run.lost + run.livingGivenUp, 0, told);
          }
        }
      }
    }
    context.diagnostic(`${steps.length} steps: ${steps.join(", ")}`);
    context.diagnostic(`${runs} runs, ${happened} with their fault`);
    assert.equal(runs, steps.length * handshakeFaults.length * sides.length * lengthsMs.length);
    assert.ok(happened > runs * 0.9, `${happened} of ${runs}`);
  });
}

function assertKept(
  terms: HandshakeTerms,
  ...[plan, told]: [Parameters<typeof planned>[1], string]
) {
  try {
    return planned(terms, plan).outcome();
  } catch (error) {
    throw new Error(`${told}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const planned = (terms: HandshakeTerms, plan: ConstructorParameters<typeof HandshakeRun>[1]) =>
  new HandshakeRun(terms, plan);
