import assert from "node:assert/strict";
import { test } from "node:test";
import { createCodec } from "#protocols/codec.ts";
import { Batcher } from "#runtime/links/batcher.ts";

class NoRef {}
const codec = createCodec({
  refClass: NoRef,
  refs: { describe: () => undefined, revive: (address, protocolId) => ({ address, protocolId }) },
});
const nobody = () => false;

test("whoever is given up is given up once, with what came later and still waits", () => {
  const batcher = new Batcher(codec);
  const add = (incarnation: number, correlation: number) => {
    assert.equal(batcher.add(incarnation, { kind: "cancel", correlation }), "added");
  };
  add(9, 1);
  batcher.close();
  assert.equal(batcher.expired(0, 100, nobody).size, 0);
  add(9, 2);
  batcher.close();
  add(0, 3);
  batcher.close();
  add(9, 4);
  const lost = batcher.expired(100, 100, nobody);
  assert.deepEqual(
    [...lost].map(([incarnation, batches]) => [incarnation, batches.map((one) => one.messages)]),
    [[9, [1, 1, 1]]],
  );
  assert.equal(batcher.messages, 1);
  assert.equal(batcher.expired(200, 100, nobody).get(9), undefined);
});

test("what waits for whichever bears the name expires message by message", () => {
  const batcher = new Batcher(codec);
  batcher.add(0, { kind: "cancel", correlation: 1 });
  batcher.close();
  assert.equal(batcher.expired(0, 100, nobody).size, 0);
  batcher.add(0, { kind: "cancel", correlation: 2 });
  batcher.close();
  assert.equal(batcher.expired(100, 100, nobody).get(0)?.length, 1);
  assert.equal(batcher.messages, 1);
  assert.equal(batcher.expired(200, 100, nobody).get(0)?.length, 1);
  assert.equal(batcher.bytes, 0);
});
