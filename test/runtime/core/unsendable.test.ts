// What cannot leave its node: who sends it to another one hears of it, at once and once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, Failure, protocol, tell } from "#protocols/index.ts";
import { noTransport } from "#runtime/core/no-transport.ts";
import type { Transport } from "#runtime/core/ports.ts";
import { createTestSystem } from "#runtime/testkit/index.ts";

interface Far {
  say(what: unknown): string;
  note(what: unknown): void;
}
const Far = protocol<Far>("unsendable.Far@1", { say: ask, note: tell });

const refusing: Transport = {
  ...noTransport,
  send: () => {
    throw new Failure("invalid", "argument 1 of say is a function: send its data");
  },
};

test("an ask that holds what cannot travel is refused by its promise, and nothing of it stays open", async () => {
  const { system, time } = createTestSystem({ transport: refusing });
  const far = system.refTo(Far, { node: "far", path: "/far" });
  const asked = far.say(() => 1);
  await assert.rejects(time.until(asked), { code: "invalid", detail: /argument 1 of say/ });
  assert.equal(system.asks.openCount, 0);
});

test("a tell that holds what cannot travel fails where it is sent", () => {
  const { system } = createTestSystem({ transport: refusing });
  const far = system.refTo(Far, { node: "far", path: "/far" });
  assert.throws(() => far.note(() => 1), { code: "invalid" });
});
