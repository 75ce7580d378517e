// Schemas of either kind say what is wrong with an argument, and where.
import assert from "node:assert/strict";
import { test } from "node:test";
import Type from "typebox";
import { ask, protocol, tell } from "#protocols/index.ts";

interface Shop {
  order(loaf: string, count: number): void;
  price(loaf: unknown): number;
}

/** As Zod and its like make them. */
const standard = (validate: (value: unknown) => unknown) => ({
  "~standard": { version: 1 as const, vendor: "test", validate },
});
const positive = standard((value) =>
  typeof value === "number" && value > 0
    ? { value }
    : { issues: [{ message: "is no positive number" }] },
);

const refuse = (shop: typeof checked, method: string, args: readonly unknown[]) =>
  shop.methods.get(method)?.refuse(args);
const checked = protocol<Shop>("check.Shop@1", { order: tell, price: ask }).checked({
  order: [Type.String(), positive],
});

test("schemas of TypeBox and of Standard Schema stand side by side", () => {
  assert.equal(refuse(checked, "order", ["rye", 2]), undefined);
  assert.equal(refuse(checked, "order", ["rye", -2]), "argument 2 is no positive number");
  assert.equal(refuse(checked, "order", [7, 2]), "argument 1 must be string");
  assert.equal(refuse(checked, "order", ["rye"]), "argument 2 is no positive number");
  assert.equal(refuse(checked, "order", ["rye", 2, 3]), "takes 2 arguments, got 3");
  assert.equal(refuse(checked, "price", [Symbol.iterator]), undefined);
});

test("of a word that is none of those allowed, all of them are told", () => {
  const worded = protocol<Shop>("check.Shop@1", { order: tell, price: ask }).checked({
    price: [Type.Object({ grain: Type.Enum(["rye", "oats"]) })],
  });
  const told = 'argument 1/grain is "corn"; it may be "rye" or "oats"';
  assert.equal(refuse(worded, "price", [{ grain: "corn" }]), told);
});

test("an issue's place is shown, with keys as they are or wrapped", () => {
  const nested = protocol<Shop>("check.Shop@1", { order: tell, price: ask }).checked({
    price: [standard(() => ({ issues: [{ message: "is odd", path: ["lines", { key: 0 }] }] }))],
  });
  assert.equal(refuse(nested, "price", [{}]), "argument 1/lines/0 is odd");
});

test("a schema that throws lets nothing through, and what it threw is told", () => {
  const odd = protocol<Shop>("check.Shop@1", { order: tell, price: ask }).checked({
    price: [
      standard(() => {
        throw new RangeError("too odd");
      }),
    ],
  });
  assert.match(refuse(odd, "price", [1]) ?? "", /its schema threw RangeError: too odd/);
});

test("a schema that answers later, or not as it should, lets nothing through", () => {
  for (const answer of [Promise.resolve({ value: 1 }), undefined, { issues: [] }, { issues: 3 }]) {
    const odd = protocol<Shop>("check.Shop@1", { order: tell, price: ask }).checked({
      price: [standard(() => answer)],
    });
    assert.equal(typeof refuse(odd, "price", [1]), "string");
  }
});
