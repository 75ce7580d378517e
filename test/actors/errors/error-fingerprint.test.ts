import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fingerprintOf, normalisedDetail } from "#actors/errors/error-fingerprint.ts";
import type { FailedAttempt } from "#actors/errors/failed-attempt.ts";

const attempt: FailedAttempt = {
  ...{ class: "model", code: "model_failed", type: "inpaint", model: "lama" },
  ...{ detail: "", queue: "q", node: "n", isRetried: true, isOverBudget: false },
  ...{ taskId: "t", at: 0 },
};

const texts = [
  ["attempt 3 took longer than 1200 ms", "attempt # took longer than # ms"],
  ["cannot read /var/lib/troupe/a1.onnx", "cannot read <path>"],
  ["cannot read C:\\models\\a\\lama.onnx", "cannot read <path>"],
  ["open '/home/a b/c d/x': it is gone", "open '<path>': it is gone"],
  ["open /data/für/bild-7.png.", "open <path>."],
  ["open '/x1f3a', then img_aBcDeF.png", "open '<path>', then <path>"],
  ["file=/data/x in models/lama/1", "file=<path> in <path>"],
  ["no answer from https://host:8080/a?b=1 yet", "no answer from <url> yet"],
  ["got url='http://a/b', of redis://c:1", "got url='<url>', of <url>"],
  ["[::1]:443, 10.0.0.7:80 or fe80::1%eth0", "[<address>]:#, <address> or <address>"],
  ["no route to 00:1b:44:11", "no route to <address>"],
  ["task V1StGXR8_Z5jdHi6B-myT is gone", "task # is gone"],
  ["task 6ba7b810-9dad-11d1-80b4-00c04fd430c8 is gone", "task # is gone"],
  ["hash 9f86d081884c7d65 at 0x7ffe differs", "hash # at # differs"],
  ['lost: node "worker-12"  is\ngone', 'lost: node "worker-#" is gone'],
  ["1,024.5 of 2:30, 12:30:45 and -1.5e-9", "# of #, # and #"],
  ["Conv2d of int64 took 12ms, 3/4", "Conv#d of int# took #ms, #/#"],
  ["80% of a=3", "#% of a=#"],
  ["std::bad_alloc in readFileSyncAndParse", "std::bad_alloc in readFileSyncAndParse"],
  [
    "text-removal-of-the-nightly can't be and/or isn't",
    "text-removal-of-the-nightly can't be and/or isn't",
  ],
  ["plain words stay as they are", "plain words stay as they are"],
  ["", ""],
] as const;
for (const [detail, expected] of texts) {
  test(`"${detail.slice(0, 40)}" is told as what does not vary`, () => {
    assert.equal(normalisedDetail(detail), expected);
  });
}

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length });
const group = hex(4).map((digits) => digits.replace(/^0+(?=.)/, ""));
const label = fc.string({
  unit: fc.constantFrom(..."abcxyz0129-_äß "),
  minLength: 1,
  maxLength: 9,
});
const varying = {
  "a number": fc.oneof(fc.nat(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
  "a UUID": fc.uuid(),
  "a pointer": hex(7).map((digits) => `0x${digits}`),
  "a short hash": hex(7),
  "a digest": hex(64),
  "an IPv4 address": fc.ipV4(),
  "an IPv6 address": fc
    .tuple(group, group, group)
    .map(([a, b, c]) => `2001:db8:${a}:${b}::${c}:443`),
  "an address of hardware": fc
    .array(hex(2), { minLength: 4, maxLength: 6 })
    .map((all) => all.join(":")),
  "a quoted path": fc
    .array(label, { minLength: 1, maxLength: 5 })
    .map((parts) => `'/${parts.join("/")}'`),
  "a file": label.map((name) => `'img_${name}.png'`),
  "a moment": fc
    .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
    .map((at) => at.toISOString()),
  "a URL": fc
    .webUrl({ withQueryParameters: true, withFragments: false })
    .filter((url) => !url.includes("'")),
};
for (const [what, values] of Object.entries(varying)) {
  test(`texts that differ in ${what} only are one error`, () => {
    const detailOf = (value: unknown) => normalisedDetail(`reading ${value} of it: no, ${value}`);
    fc.assert(
      fc.property<[unknown, unknown]>(values, values, (one, other) => {
        assert.equal(detailOf(one), detailOf(other));
      }),
      { numRuns: 1_000 },
    );
  });
}

test("of ids as long as a task's, nearly all are known as such", () => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  const id = fc.string({ unit: fc.constantFrom(...alphabet), minLength: 21, maxLength: 21 });
  const unknown = fc
    .sample(id, { numRuns: 5_000, seed: 1 })
    .filter((one) => normalisedDetail(`task ${one} is gone`) !== "task # is gone");
  assert.ok(unknown.length < 100, `${unknown.length}: ${unknown.slice(0, 5).join(" ")}`);
});

test("texts that differ in a word are different errors, and what is told is told again the same", () => {
  // No more than six letters: of seven on, letters from a to f are a hash.
  const word = fc.string({
    unit: fc.constantFrom(..."abcdefghijklmnopqrst"),
    minLength: 1,
    maxLength: 6,
  });
  const words = fc.array(word, { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(words, words, fc.nat(), (one, other, number) => {
      const [a, b] = [one, other].map((all) => normalisedDetail(`${all.join(" ")} ${number}`));
      assert.equal(a === b, one.join(" ") === other.join(" "));
      assert.equal(normalisedDetail(a ?? ""), a);
    }),
  );
});

test("the same error has the same fingerprint; another class, code, type or model another", () => {
  const detail = normalisedDetail("node 7 failed");
  const first = fingerprintOf(attempt, detail);
  assert.match(first, /^[0-9a-f]{16}$/);
  assert.equal(fingerprintOf({ ...attempt, taskId: "u", node: "m", at: 9 }, detail), first);
  const others = [{ class: "internal" }, { code: "c" }, { type: "t" }, { model: "m" }] as const;
  const prints = others.map((other) => fingerprintOf({ ...attempt, ...other }, detail));
  assert.equal(new Set([first, ...prints]).size, 5);
});

test("any text is told quickly, and cut", () => {
  for (const piece of [
    "a/",
    "a1-",
    "12",
    "\\x",
    "https://",
    "'",
    "a:",
    "=",
    "1.",
    " ",
    "'/",
    "x=",
  ]) {
    const begun = performance.now();
    assert.ok(normalisedDetail(piece.repeat(100_000)).length <= 256);
    assert.ok(performance.now() - begun < 100, piece);
  }
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => normalisedDetail(text).length <= 256),
  );
});
