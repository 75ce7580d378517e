import assert from "node:assert/strict";
import { test } from "node:test";
import { recordCodec } from "#actors/store/redis/sealed-record.ts";
import { Failure } from "#protocols/failure.ts";

interface Former {
  readonly name: string;
}
interface Present extends Former {
  readonly charge: object | null;
}

const former = recordCodec<Former>({ name: "text" });

test("of a record of an earlier release, what it could not have is null", () => {
  const present = recordCodec<Present>({ name: "text", charge: "object or null" });
  const bytes = former.seal({ name: "a" }, "here");
  assert.deepEqual(present.open(bytes, "here"), { name: "a", charge: null });
});

test("a record without what every record has is damaged", () => {
  const present = recordCodec<Present>({ name: "text", charge: "object" });
  const bytes = former.seal({ name: "a" }, "here");
  assert.throws(
    () => present.open(bytes, "here"),
    (error) => error instanceof Failure && error.code === "corrupt",
  );
});
