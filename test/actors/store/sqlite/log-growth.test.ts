import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreCommand } from "#actors/store/backend.ts";
import { LogGrowth } from "#actors/store/sqlite/log-growth.ts";
import { file, submission } from "./sqlite-store-fixture.ts";

const commands = (count: number): readonly StoreCommand[] =>
  Array.from({ length: count }, () => ({ method: "submit", args: [submission()] }));

test("nothing was written: nothing is to be moved", () => {
  const log = new LogGrowth();
  assert.equal(log.bytes, 0);
  log.moved(4096);
  assert.equal(log.bytes, 0);
});

test("what a command costs is learnt from how long the log was", () => {
  const log = new LogGrowth();
  const before = new LogGrowth();
  for (let commit = 0; commit < 10; commit += 1) log.committed(commands(100));
  log.moved(10 * (32 * 1024 + 100 * 2_000));
  log.committed(commands(100));
  before.committed(commands(100));
  assert.equal(log.bytes, 32 * 1024 + 100 * 2_000);
  assert.ok(before.bytes > log.bytes, "cautious as long as nothing is known");
});

test("a log that could not be moved as a whole teaches nothing, and nothing teaches nonsense", () => {
  const log = new LogGrowth();
  log.committed(commands(10));
  const known = log.bytes;
  log.moved(undefined);
  log.committed(commands(10));
  assert.equal(log.bytes, known);
  log.moved(0);
  log.committed(commands(10));
  assert.ok(log.bytes >= 32 * 1024 + 10 * 512);
  log.moved(Number.MAX_SAFE_INTEGER);
  log.committed(commands(1));
  assert.ok(log.bytes <= 32 * 1024 + 64 * 1024);
});

test("the bytes of files count as what they are", () => {
  const log = new LogGrowth();
  log.committed([{ method: "submit", args: [submission({ inputs: [file("image", 1_000_000)] })] }]);
  assert.ok(log.bytes >= 1_000_000);
});
