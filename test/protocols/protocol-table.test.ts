import assert from "node:assert/strict";
import { test } from "node:test";
import Type, { type TSchema } from "typebox";
import { ask, type Protocol, protocol, tell } from "#protocols/protocol.ts";
import {
  breakingDifference,
  decodeTable,
  encodeTable,
  tableOf,
} from "#protocols/protocol-table.ts";

interface Till {
  put(what: unknown): void;
  count(): number;
}
const till = (schema: TSchema): Protocol<unknown> =>
  known(protocol<Till>("shop.Till@1", { put: tell, count: ask }).checked({ put: [schema] }));
const known = (any: Protocol<never> | Protocol<Till>): Protocol<unknown> => ({ ...any, $type: 0 });

/** What the receiving node says of what the sending one tells of itself. */
const difference = (theirs: Protocol<unknown>, ours: Protocol<unknown>): string | undefined =>
  breakingDifference(decodeTable(encodeTable(tableOf([theirs]))), ours);

const object = (extra: Record<string, TSchema>): TSchema =>
  Type.Object({ name: Type.String(), ...extra });

test("releases that differ by added messages or optional fields understand each other", () => {
  const pairs: readonly (readonly [TSchema, TSchema])[] = [
    [object({}), object({})],
    [object({ note: Type.Optional(Type.String()) }), object({})],
    [object({}), object({ note: Type.Optional(Type.String()) })],
    [object({ more: Type.Number() }), object({})],
    [Type.Integer(), Type.Number()],
    [Type.Literal("a"), Type.Union([Type.Literal("a"), Type.Literal("b")])],
    [Type.Integer(), Type.Unknown()],
    [Type.Array(object({})), Type.Array(object({ note: Type.Optional(Type.Null()) }))],
    [Type.Integer({ minimum: 0 }), Type.Integer({ minimum: 5 })],
    [Type.Enum(["a"]), Type.Enum(["a", "b"])],
  ];
  for (const [sent, taken] of pairs) assert.equal(difference(till(sent), till(taken)), undefined);
  const more = protocol<Till & { empty(): void }>("shop.Till@1", {
    ...{ put: tell, count: ask, empty: tell },
  });
  assert.equal(difference(till(object({})), { ...more, $type: 0 }), undefined);
  assert.equal(difference({ ...more, $type: 0 }, till(object({}))), undefined);
});

test("a breaking difference is named with its place", () => {
  const pairs: readonly (readonly [TSchema, TSchema, RegExp])[] = [
    [
      Type.String(),
      Type.Integer(),
      /argument 1 of put is of type string there and of type integer/,
    ],
    [Type.Number(), Type.Integer(), /of type number there/],
    [Type.Unknown(), Type.String(), /anything there and of type string here/],
    [object({}), object({ price: Type.Number() }), /put\.price is required here/],
    [object({ price: Type.Optional(Type.Number()) }), object({ price: Type.Number() }), /price/],
    [
      Type.Array(object({ a: Type.String() })),
      Type.Array(object({ a: Type.Boolean() })),
      /put\[\]\.a is of type string there/,
    ],
    [
      Type.Union([Type.Literal("a"), Type.Literal("c")]),
      Type.Union([Type.Literal("a"), Type.Literal("b")]),
      /put is "c" there, and none of "a", "b"/,
    ],
    [Type.Enum(["a", "c"]), Type.Enum(["a", "b"]), /may be "c" there, here only "a" or "b"/],
    [
      object({ extra: Type.String() }),
      Type.Object({ name: Type.String() }, { additionalProperties: false }),
      /extra is not known here/,
    ],
  ];
  for (const [sent, taken, expected] of pairs) {
    assert.match(difference(till(sent), till(taken)) ?? "fits", expected);
  }
});

test("another kind, another number of arguments and another version break", () => {
  interface Asked {
    put(what: unknown): number;
    count(): number;
  }
  const asked = known(protocol<Asked>("shop.Till@1", { put: ask, count: ask }) as never);
  assert.match(difference(asked, till(object({}))) ?? "", /put is an ask there and a tell here/);
  interface Two {
    put(what: string, times: number): void;
    count(): number;
  }
  const two = known(
    protocol<Two>("shop.Till@1", { put: tell, count: ask }).checked({
      put: [Type.String(), Type.Integer()],
    }) as never,
  );
  assert.match(difference(two, till(Type.String())) ?? "", /2 arguments there and 1 here/);
  assert.match(difference(till(Type.String()), two) ?? "", /argument 2 of put is not sent there/);
  const newer = known(protocol<Till>("shop.Till@2", { put: tell, count: ask }));
  assert.match(
    difference(newer, till(object({}))) ?? "",
    /there it is shop.Till@2, here shop.Till@1/,
  );
});

test("a peer that says nothing of a protocol is believed; rubbish is refused", () => {
  const other = known(protocol<Till>("shop.Other@1", { put: tell, count: ask }));
  assert.equal(difference(other, till(object({}))), undefined);
  for (const text of ["", "[", "[]", '{"a":1}', '{"a":{"b":{"kind":"shout"}}}', "\xff"]) {
    assert.throws(() => decodeTable(Buffer.from(text, "latin1")), { code: "invalid" });
  }
});
