// What a protocol may be called and made of. Most of it the compiler says; this is for what comes from
// elsewhere, and for those who do not listen to it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { ask, protocol, tell } from "#protocols/protocol.ts";

interface Sink {
  take(): void;
  value(): number;
}
const kinds = { take: tell, value: ask } as const;

/** As plain JavaScript would call it. */
const untyped = (...args: unknown[]): unknown => Reflect.apply(protocol, undefined, args);

const complaint = (make: () => unknown): string => {
  try {
    make();
  } catch (error) {
    const { code, detail } = Failure.of(error);
    assert.equal(code, "invalid");
    return detail;
  }
  return "";
};

test("a protocol's id has a name and a whole version", () => {
  assert.equal(protocol<Sink>("demo.Sink@12", kinds).id, "demo.Sink@12");
  for (const id of ["Sink", "@1", "Sink@", "Sink@1.5", "Sink@-1", "Sink@1e3", "a b@1", "a@b@1"]) {
    assert.match(
      complaint(() => untyped(id, kinds)),
      /its id is no name@version/,
      id,
    );
  }
});

test("no message bears a name that the language or the actor calls by itself", () => {
  const names = ["then", "$", "toString", "valueOf", "toJSON", "constructor", "__proto__"];
  for (const name of [...names, "ctx", "state", "start", "stopped", "terminated"]) {
    const said = complaint(() => untyped("demo.Odd@1", Object.fromEntries([[name, tell]])));
    assert.match(said, /no message can be named .+; choose another name/, name);
  }
});

test("an ask's time to answer is a number of milliseconds", () => {
  for (const within of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
    const said = complaint(() =>
      protocol<Sink>("demo.Sink@1", { ...kinds, value: ask({ within }) }),
    );
    assert.match(said, /value is to be answered within .+ ms; give a number from 0/);
  }
  protocol<Sink>("demo.Sink@1", { ...kinds, value: ask({ within: 0 }) });
});
