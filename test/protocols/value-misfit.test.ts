import assert from "node:assert/strict";
import { test } from "node:test";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { valueMisfit } from "#protocols/value-misfit.ts";

const word = (text: string) => Type.Literal(text);
const check = Compile(
  Type.Object(
    {
      kind: Type.Optional(Type.Union([word("inpaint"), word("upscale"), word("make-gif")])),
      only: Type.Optional(word("this")),
      state: Type.Optional(Type.Enum(["open", "closed"])),
      count: Type.Optional(Type.Integer({ minimum: 1 })),
      plain: Type.Optional(
        Type.Record(
          Type.String(),
          Type.Union([Type.String({ maxLength: 3 }), Type.Number(), Type.Boolean(), Type.Null()]),
        ),
      ),
      since: Type.Optional(Type.Union([Type.Null(), Type.Integer({ minimum: 1 })])),
      inner: Type.Optional(Type.Union([Type.Null(), Type.Object({ x: Type.Number() })])),
      other: Type.Optional(Type.Union([word("none"), Type.Number()])),
      ratio: Type.Optional(Type.Number()),
      list: Type.Optional(Type.Array(Type.Object({ "a/b": Type.Enum(["x", "y"]) }))),
    },
    { additionalProperties: false },
  ),
);

const closed = Type.Object(
  { id: Type.String({ pattern: "^[a-z]+$", description: "small letters" }), reason: Type.Any() },
  { additionalProperties: false },
);

const withSchema: readonly [value: unknown, told: string][] = [
  [{ id: "a", reason: 1, reson: "x" }, "reson is not known; did you mean reason?"],
  [{ id: "a", reason: 1, color: "x" }, "color is not known; leave it out, or write id, reason"],
  [{ id: "", reason: 1 }, 'id is ""; write small letters'],
  [{ id: "a" }, "it lacks reason"],
];

const cases: readonly [value: unknown, told: string][] = [
  [{ kind: "paint" }, 'kind is "paint"; it may be "inpaint", "upscale" or "make-gif"'],
  [{ kind: 7 }, 'kind is 7; it may be "inpaint", "upscale" or "make-gif"'],
  [
    { kind: "x".repeat(99) },
    `kind is "${"x".repeat(63)}; it may be "inpaint", "upscale" or "make-gif"`,
  ],
  [{ only: "that" }, 'only is "that"; it may be "this"'],
  [{ state: null }, 'state is null; it may be "open" or "closed"'],
  [{ list: [{ "a/b": "x" }, { "a/b": "z" }] }, 'list.1.a~1b is "z"; it may be "x" or "y"'],
  [{ count: 0 }, "count must be >= 1"],
  [{ knd: "inpaint" }, "knd is not known; leave it out"],
  [
    { plain: { a: { b: 1 } } },
    'plain.a is {"b":1}; it may be a string, a number, a boolean or null',
  ],
  [{ plain: { a: ["x"] } }, 'plain.a is ["x"]; it may be a string, a number, a boolean or null'],
  [
    { plain: { a: Number.NaN } },
    "plain.a is NaN; it may be a string, a finite number, a boolean or null",
  ],
  [{ plain: { a: 7n } }, "plain.a is a bigint; it may be a string, a number, a boolean or null"],
  [
    { plain: { a: undefined } },
    "plain.a is missing; it may be a string, a number, a boolean or null",
  ],
  [{ plain: { a: "long" } }, "plain.a must not have more than 3 characters"],
  [{ since: 0 }, "since must be >= 1"],
  [{ since: "now" }, 'since is "now"; it may be null or a whole number'],
  [{ inner: { x: "1" } }, "inner.x must be number"],
  [{ other: true }, 'other is true; it may be "none" or a number'],
  [{ ratio: Number.POSITIVE_INFINITY }, "ratio is Infinity; it may be a finite number"],
  [{ ratio: "1" }, "ratio must be number"],
  [[], "it must be object"],
];

test("what does not fit is told with its place, and with all that is allowed there", () => {
  for (const [value, told] of cases) assert.equal(valueMisfit(check.Errors(value), value), told);
  assert.equal(valueMisfit([], {}), "it does not fit");
});

test("with its schema what is not known is told with what is, and a pattern in its words", () => {
  const strict = Compile(closed);
  for (const [value, told] of withSchema) {
    assert.equal(valueMisfit(strict.Errors(value), value, closed), told);
  }
});
