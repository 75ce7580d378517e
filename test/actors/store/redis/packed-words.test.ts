import { strict as assert } from "node:assert";
import { test } from "node:test";
import { Packr } from "msgpackr";
import { packedWords } from "#actors/store/redis/packed-words.ts";

const texts = new Packr({ useRecords: false });

const unpacked = (commands: Parameters<typeof packedWords>[0]): unknown =>
  texts.unpack(packedWords(commands));

test("what is packed reads as the same lists of words", () => {
  const long = "x".repeat(70_000);
  const words = ["", "a", "é".repeat(9), "é".repeat(10), "é".repeat(11), "€".repeat(21_845), long];
  assert.deepEqual(unpacked([["SET", ...words]]), [["SET", ...words]]);
});

test("bytes stand beside texts as they are", () => {
  assert.deepEqual(unpacked([["HSET", "key", "field", Buffer.from("value")]]), [
    ["HSET", "key", "field", "value"],
  ]);
});

test("lists of any length keep their length", () => {
  for (const length of [0, 1, 15, 16, 65_535, 65_536]) {
    const commands = Array.from({ length }, () => ["PING"]);
    assert.deepEqual(unpacked(commands), commands);
    const command = Array.from({ length }, () => "w");
    assert.deepEqual(unpacked([command]), [command]);
  }
});
