import assert from "node:assert/strict";
import { test } from "node:test";
import { redisPlaceOf } from "#actors/store/redis/master-place.ts";
import { Failure } from "#protocols/failure.ts";

const places: readonly (readonly [text: string, place: unknown])[] = [
  ["redis://box", { kind: "server", options: { host: "box", port: 6379, db: 0 } }],
  [
    "redis://me:p%40ss@box:7000/2",
    {
      kind: "server",
      options: { username: "me", password: "p@ss", host: "box", port: 7000, db: 2 },
    },
  ],
  [
    "redis://:secret@[::1]:7000",
    { kind: "server", options: { password: "secret", host: "::1", port: 7000, db: 0 } },
  ],
  ["rediss://box", { kind: "server", options: { tls: {}, host: "box", port: 6379, db: 0 } }],
  [
    "redis+sentinel://a:1,b:2/main",
    {
      kind: "server",
      options: {
        sentinels: [
          { host: "a", port: 1 },
          { host: "b", port: 2 },
        ],
        name: "main",
      },
    },
  ],
  [
    "redis+cluster://a:1,b:2",
    {
      kind: "cluster",
      nodes: [
        { host: "a", port: 1 },
        { host: "b", port: 2 },
      ],
      options: { redisOptions: {} },
    },
  ],
];
for (const [text, place] of places) {
  test(`${text} is understood`, () => assert.deepEqual(redisPlaceOf(text), place));
}

for (const text of ["", "box:6379", "http://box", "redis://box/x", "redis+sentinel://a:1"]) {
  test(`"${text}" is refused with what to write`, () => {
    assert.throws(
      () => redisPlaceOf(text),
      (error) =>
        error instanceof Failure &&
        error.code === "invalid" &&
        error.detail.includes("redis://host:port"),
    );
  });
}

test("a password is not repeated in a refusal", () => {
  assert.throws(
    () => redisPlaceOf("redis://me:secret@box/x"),
    (error) => error instanceof Failure && !error.detail.includes("secret"),
  );
});
