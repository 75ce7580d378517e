import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { withoutAmbient } from "#runtime/testkit/ambient-guard.ts";
import { createTestPair } from "#runtime/testkit/test-system.ts";

interface Echo {
  echo(value: unknown): unknown;
}
const Echo = protocol<Echo>("test.PairEcho@1", { echo: ask });
class EchoActor extends Actor<Echo> implements Handlers<Echo> {
  static readonly protocol = Echo;
  echo(value: unknown): unknown {
    return value;
  }
}

async function pair() {
  const { a, b } = await createTestPair([Echo]);
  b.system.spawn(EchoActor, { name: "echo" });
  return { time: a.time, echo: a.system.refTo(Echo, { node: "b", path: "/echo" }) };
}

test("two systems of a test talk while the machine is out of reach", async () => {
  await withoutAmbient(async () => {
    const { time, echo } = await pair();
    assert.equal(await time.until(echo.echo("there")), "there");
  });
});

test("what arrives is a copy, and the same", async () => {
  const { time, echo } = await pair();
  const values = [[1, "two", null], new Map([[1, new Set("x")]]), new Date(7), 10n];
  for (const value of values) {
    const heard = await time.until(echo.echo(value));
    assert.deepEqual(heard, value);
    assert.ok(heard !== value || typeof value !== "object");
  }
  const bytes = new Uint8Array(100_000).fill(7);
  const asked = echo.echo(bytes);
  bytes.fill(8);
  const heard = await time.until(asked);
  assert.ok(heard instanceof Uint8Array && heard.every((byte) => byte === 7));
});

test("what could not travel over real links does not travel here", async () => {
  const { time, echo } = await pair();
  for (const value of [new EchoActor(), () => 1, Symbol("no value")]) {
    await assert.rejects(async () => time.until(echo.echo(value)), { code: "invalid" });
  }
  const tooLarge = async () => time.until(echo.echo("x".repeat(64 * 1024 * 1024)));
  await assert.rejects(tooLarge, { code: "too_large" });
  assert.equal(await time.until(echo.echo(1)), 1);
});
