import assert from "node:assert/strict";
import { it } from "node:test";
import { EngineRoom } from "#actors/inference/repository/engine-room.ts";
import { MemoryBudget } from "#actors/inference/repository/memory-budget.ts";
import { modelSettingsIn } from "#actors/inference/repository/model-settings.ts";

const settings = (config: object) => modelSettingsIn(JSON.stringify(config), "config.json");
const roomOf = (bytesMax: number | null) =>
  new EngineRoom(new MemoryBudget(bytesMax), { threads: 2, threadsMax: 4 });
const MiB = 1_048_576;

it("further engines find threads; the first of a version always does", () => {
  const room = roomOf(null);
  const plain = settings({});
  for (const name of ["a", "b", "c"]) {
    assert.equal(room.admit(name, { name, version: 1, settings: plain }).kind, "granted");
  }
  assert.match(room.resize("a", 2) ?? "", /2 engines of 2 threads, beside 4 of other models/);
  assert.equal(room.resize("a", 0), undefined);
  assert.equal(room.resize("a", 1), undefined, "who had none gets the first one back");
  room.leave("b");
  room.leave("c");
  assert.equal(room.resize("a", 2), undefined);
  const told = room.bounds.find(({ bound }) => bound === "engineThreadsMax");
  assert.deepEqual([told?.max, told?.highest, told?.reached], [4, 4, 1]);
});

it("fewer threads of each are room for more of them", () => {
  const room = roomOf(null);
  const scaled = settings({ scaling: { max: 4, threads: 1 } });
  room.admit("a", { name: "a", version: 1, settings: scaled });
  assert.equal(room.resize("a", 4), undefined);
  assert.match(room.resize("a", 5) ?? "", /5 engines of 1 threads/);
});

it("memory is granted for those that there are, and given back", () => {
  const room = roomOf(512 * MiB);
  const small = settings({ memoryBytesMax: 200 * MiB, scaling: { max: 4, threads: 1 } });
  const [a, b] = ["a", "b"].map((name) => ({ name, version: 1, settings: small }));
  assert.ok(a && b);
  assert.equal(room.admit("a", a).kind, "granted");
  assert.equal(room.resize("a", 2), undefined);
  assert.equal(room.admit("b", b).kind, "refused");
  assert.equal(room.resize("a", 1), undefined);
  assert.equal(room.admit("b", b).kind, "granted");
  assert.match(room.resize("a", 2) ?? "", /^it asks for 419430400 bytes/);
  assert.equal(room.resize("gone", 9), undefined);
});
