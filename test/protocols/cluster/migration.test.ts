import assert from "node:assert/strict";
import { test } from "node:test";
import {
  actorIdOf,
  actorUidOf,
  birthNodeOf,
  readCargoPart,
  readMigrationNotice,
  readStreamHeader,
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

const part = {
  ...{ kind: "transfer", ...name, revision: 3, part: 0, parts: 2, messages: 1 },
  ...{ bytes: new Uint8Array(9), payloads: [new Uint8Array(5_000)] },
};

test("each kind of message passes as it is", () => {
  const notices = [
    { kind: "prepared", ...name },
    { kind: "refused", ...name, reason: "pinned", detail: "" },
    { kind: "moved", aid: "n~1#1", node: "b~1", epoch: 2 },
    { kind: "severed", node: "b~1" },
  ];
  for (const notice of notices) assert.equal(readMigrationNotice(notice), notice);
  assert.equal(readCargoPart(part), part);
  assert.equal(readStreamHeader(header), header);
});

test("what does not fit is refused, with a word about where", () => {
  const refused = (read: () => unknown, seen: unknown): void =>
    assert.throws(read, { code: "invalid" }, JSON.stringify(seen)?.slice(0, 80));
  for (const notice of [
    undefined,
    { kind: "moved", aid: "no identity", node: "b~1", epoch: 2 },
    { kind: "moved", aid: "n~1#1", node: "b~1", epoch: -1 },
  ]) {
    refused(() => readMigrationNotice(notice), notice);
  }
  for (const wrong of [{ part: 2 }, { bytes: "text" }, { kind: "flush" }]) {
    refused(() => readCargoPart({ ...part, ...wrong }), wrong);
  }
  refused(() => readStreamHeader({ ...header, version: 1.5 }), header);
});
