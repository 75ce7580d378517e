import assert from "node:assert/strict";
import { test } from "node:test";
import {
  actorIdOf,
  actorUidOf,
  birthNodeOf,
  migrationLimits,
  readMigrationMessage,
} from "#protocols/cluster/migration.ts";

const name = { migration: 1, aid: "n~1#1", epoch: 2 };
const header = { aid: "n~1#1", origin: "a~1", epoch: 2, version: 1, start: false };

test("an identity tells where an actor was born, and its uid", () => {
  const node = { name: "worker-1", incarnation: 99 };
  const aid = actorIdOf({ node, path: "/a", uid: 42 });
  assert.equal(birthNodeOf(aid), "worker-1~2r");
  assert.equal(actorUidOf(aid), 42);
  assert.throws(() => actorIdOf({ node, path: "/a", uid: 0 }), { code: "invalid" });
});

test("each kind of message passes as it is", () => {
  const cargo = new Uint8Array(migrationLimits.partBytesMax);
  const messages = [
    { kind: "transfer", ...name, fence: 3, part: 0, parts: 2, cargo },
    { kind: "commit", ...name, revision: 4, part: 1, parts: 2, cargo },
    { kind: "flush", header, to: 2, probe: 9 },
    { kind: "probe", header, probe: 9 },
    { kind: "prepared", ...name },
    { kind: "refused", ...name, reason: "pinned", detail: "" },
    { kind: "moved", aid: "n~1#1", node: "b~1", epoch: 2 },
    { kind: "severed", node: "b~1" },
  ];
  for (const message of messages) assert.equal(readMigrationMessage(message), message);
});

test("what does not fit is refused, with a word about where", () => {
  const cargo = new Uint8Array(migrationLimits.partBytesMax + 1);
  const unfit: readonly unknown[] = [
    undefined,
    { kind: "moved", aid: "no identity", node: "b~1", epoch: 2 },
    { kind: "moved", aid: "n~1#1", node: "b~1", epoch: -1 },
    { kind: "transfer", ...name, fence: 3, part: 0, parts: 1, cargo },
    { kind: "transfer", ...name, fence: 3, part: 2, parts: 2, cargo: new Uint8Array(1) },
    { kind: "flush", header: { ...header, version: 1.5 }, to: 2, probe: 9 },
  ];
  for (const message of unfit) {
    assert.throws(
      () => readMigrationMessage(message),
      { code: "invalid" },
      JSON.stringify(message)?.slice(0, 80),
    );
  }
});
