// What the methods of a ref may be named: anything that the language does not call by itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/index.ts";
import { createTestSystem } from "#runtime/testkit/index.ts";

interface Odd {
  target(): string;
  address(): string;
  options(): string;
}
const Odd = protocol<Odd>("test.Odd@1", { target: ask, address: ask, options: ask });

class OddActor extends Actor<Odd> implements Handlers<Odd> {
  static readonly protocol = Odd;
  target = (): string => "target";
  address = (): string => "address";
  options = (): string => "options";
}

test("a message may be named as anything that a ref holds itself", async () => {
  const { system } = createTestSystem();
  const odd = system.spawn(OddActor);
  const bound = odd.$.with({ within: 50 });
  for (const ref of [odd, bound]) {
    assert.deepEqual(await Promise.all([ref.target(), ref.address(), ref.options()]), [
      "target",
      "address",
      "options",
    ]);
  }
});
