import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { controlResponseOf } from "#protocols/tasks/control-response.ts";

const deep = (levels: number): object => (levels === 0 ? {} : { in: deep(levels - 1) });
const endless: Record<string, unknown> = {};
endless["again"] = endless;

const fitting: readonly object[] = [
  {},
  { color: "red", level: 0.5, isOn: true, former: null },
  { lamps: [{ level: 1 }, []], more: { a: {} } },
  Object.assign(Object.create(null), { a: 1 }),
  { absent: undefined },
];

const refused: readonly [answered: unknown, told: RegExp][] = [
  ["red", /LIGHT answered "red": return a map, .*, or nothing\. What it did stays done/],
  [7, /answered 7: return a map/],
  [false, /answered false: return a map/],
  [["red"], /answered a list: return a map/],
  [new Date(0), /answered an instance of Date: return a map/],
  [new Map([["a", 1]]), /answered an instance of Map: return a map/],
  [{ level: Number.NaN }, /does not fit into JSON: level is NaN;/],
  [{ lamps: [{ level: Number.POSITIVE_INFINITY }] }, /: lamps\.0\.level is Infinity;/],
  [{ lamps: [undefined] }, /: lamps\.0 is undefined;/],
  [{ size: 7n }, /: size is a bigint;/],
  [{ at: new Date(0) }, /: at is an instance of Date;/],
  [{ bytes: new Uint8Array(1) }, /: bytes is an instance of Uint8Array;/],
  [{ switch: () => 1 }, /: switch is a function;/],
  [{ names: new Set() }, /: names is an instance of Set;/],
  [endless, /again\.again.* is nested deeper than \d+;/],
  [deep(1_000), /in\.in.* is nested deeper than \d+;/],
];

test("a map that fits into JSON is a response, and nothing is an empty one", () => {
  for (const answered of fitting) assert.equal(controlResponseOf("LIGHT", answered), answered);
  assert.deepEqual(controlResponseOf("LIGHT", undefined), {});
  assert.deepEqual(controlResponseOf("LIGHT", null), {});
});

test("any other answer fails in words for the handler's author", () => {
  for (const [answered, told] of refused) {
    assert.throws(
      () => controlResponseOf("LIGHT", answered),
      (error) => {
        assert.ok(error instanceof Failure);
        assert.equal(error.code, "internal");
        assert.match(error.detail, told);
        return true;
      },
    );
  }
});
