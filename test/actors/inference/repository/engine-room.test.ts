import assert from "node:assert/strict";
import { it } from "node:test";
import { EngineRoom } from "#actors/inference/repository/engine-room.ts";
import { MemoryBudget } from "#actors/inference/repository/memory-budget.ts";
import { settingsOf } from "#actors/inference/repository/model-settings.ts";
import { ThreadBudget, type ThreadTerms } from "#actors/inference/repository/thread-budget.ts";

const roomOf = (bytesMax: number | null, terms: Partial<ThreadTerms> = {}) =>
  new EngineRoom(
    new MemoryBudget(bytesMax),
    new ThreadBudget({ processors: 4, each: 2, slots: 64, ...terms }),
  );
const admitted = (name: string, config: object = {}, enginesWanted = 1) => ({
  ...{ name, version: 1, enginesWanted },
  settings: settingsOf(config, "config.json"),
});
const threadsTold = (room: EngineRoom) =>
  room.bounds.find(({ bound }) => bound === "engineThreads");
const MiB = 1_048_576;

it("further engines find threads; the first of a version always does, and is told", () => {
  const room = roomOf(null);
  const grants = ["a", "b", "c"].map((name) => room.admit(name, admitted(name)));
  const notes = grants.map((grant) => (grant.kind === "granted" ? grant.note : "refused"));
  assert.deepEqual(notes.slice(0, 2), ["", ""]);
  assert.match(notes[2] ?? "", /up to 6 run at a time, on 4 processors/);
  assert.match(
    room.resize("a", 2) ?? "",
    /^2 threads in each of 2 engines: with what else is loaded up to 8 run at a time, on 4 /,
  );
  assert.equal(room.resize("a", 0), undefined);
  assert.equal(room.resize("a", 1), undefined, "who had none gets the first one back");
  room.leave("b");
  room.leave("c");
  assert.equal(room.resize("a", 2), undefined);
  const told = threadsTold(room);
  assert.deepEqual([told?.max, told?.highest, told?.reached], [4, 4, 2]);
});

it("fewer threads of each are room for more of them", () => {
  const room = roomOf(null);
  room.admit("a", admitted("a", { scaling: { max: 5 }, threads: { intraOp: 1 } }));
  assert.equal(room.resize("a", 4), undefined);
  assert.match(room.resize("a", 5) ?? "", /^1 threads in each of 5 engines/);
});

it("engines that share find room up to the most that were reckoned with", () => {
  const room = roomOf(null, { each: null, slots: 3 });
  const grant = room.admit("a", admitted("a", { scaling: { max: 2 } }, 2));
  assert.equal(grant.kind === "granted" && grant.intraOp, 2);
  assert.equal(room.resize("a", 2), undefined);
  assert.equal(threadsTold(room)?.highest, 4);
});

it("engines beyond the slots find threads, since no more run at a time", () => {
  const room = roomOf(null, { each: null, slots: 2 });
  room.admit("a", admitted("a", { scaling: { max: 8 } }, 8));
  assert.equal(room.resize("a", 8), undefined);
  assert.equal(threadsTold(room)?.highest, 4);
});

it("memory is granted for those that there are, and given back", () => {
  const room = roomOf(512 * MiB);
  const small = { memoryBytesMax: 200 * MiB, scaling: { max: 4 }, threads: { intraOp: 1 } };
  const [a, b] = ["a", "b"].map((name) => admitted(name, small));
  assert.ok(a && b);
  assert.equal(room.admit("a", a).kind, "granted");
  assert.equal(room.resize("a", 2), undefined);
  assert.equal(room.admit("b", b).kind, "refused");
  assert.equal(room.resize("a", 1), undefined);
  assert.equal(room.admit("b", b).kind, "granted");
  assert.match(room.resize("a", 2) ?? "", /^it asks for 419430400 bytes/);
  assert.equal(room.resize("gone", 9), undefined);
});
