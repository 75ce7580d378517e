import assert from "node:assert/strict";
import { test } from "node:test";
import { CurveAccess } from "#runtime/links/curve-access.ts";
import { makeKeyPair } from "#runtime/links/curve-keys.ts";
import { KeyRegistry } from "#runtime/links/key-registry.ts";
import { StrangerLog } from "#runtime/links/stranger-log.ts";
import { decodeZ85 } from "#runtime/links/z85.ts";

const key = makeKeyPair().publicKey;
const registry = KeyRegistry.empty.withKey({ node: "a", key });

function fixture() {
  let nowMs = 0;
  const lines: [string, Readonly<Record<string, unknown>>][] = [];
  const strangers = new StrangerLog({
    clock: { now: () => nowMs, wall: () => 0 },
    log: { write: (_, __, message, fields = {}) => void lines.push([message, fields]) },
  });
  const access = new CurveAccess({ domain: "troupe.b", registry: () => registry, strangers });
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { access, strangers, lines, pass };
}

const request = (changes: Partial<Record<number, Uint8Array | string>> = {}): readonly Buffer[] => {
  const frames = ["1.0", "7", "troupe.b", "10.0.0.9", "", "CURVE", decodeZ85(key) ?? ""];
  return frames.map((frame, index) => Buffer.from(changes[index] ?? frame));
};

test("a listed key is let in under its node's name, any other request is refused", () => {
  const { access, strangers } = fixture();
  const id = Buffer.from("7");
  assert.deepEqual(access.answer(request()), ["1.0", id, "200", "known", "a", ""]);
  const odd: readonly (readonly Buffer[])[] = [
    [],
    request({ 0: "2.0" }),
    request({ 2: "" }),
    request({ 2: "troupe.c" }),
    request({ 5: "NULL" }),
    request({ 5: "PLAIN" }),
    request({ 6: "short" }),
    request().slice(0, 6),
    [...request(), Buffer.from("more")],
  ];
  for (const frames of odd) assert.equal(access.answer(frames)[2], "400");
  const unlisted = decodeZ85(makeKeyPair().publicKey) ?? "";
  assert.equal(access.answer(request({ 6: unlisted }))[2], "400");
  assert.deepEqual(strangers.counts, { odd_request: odd.length, unlisted_key: 1 });
});

test("five strangers a second are told, the rest is counted in the next line", () => {
  const { strangers, lines, pass } = fixture();
  const refuse = (): void =>
    strangers.refused({ kind: "left_early", address: "10.0.0.9", detail: "it left" });
  for (let count = 0; count < 100; count += 1) refuse();
  assert.equal(lines.length, 5);
  pass(1_000);
  refuse();
  assert.equal(lines.length, 6);
  assert.equal(lines[5]?.[1]["untold"], 95);
  refuse();
  assert.equal(lines[6]?.[1]["untold"], undefined);
  assert.equal(strangers.counts.left_early, 102);
});
