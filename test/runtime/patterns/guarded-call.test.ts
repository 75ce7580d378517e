import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { type FailureCode, isFailureCode } from "#protocols/failure-codes.ts";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { CircuitBreaker } from "#runtime/patterns/circuit-breaker.ts";
import { guarded } from "#runtime/patterns/guarded-call.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

const refusalCode = isFailureCode("circuit_open") ? "circuit_open" : "unavailable";
const spec = { trip: { kind: "consecutive", failures: 2 }, openMs: 1_000, probes: 1 } as const;

interface Front {
  get(fails: FailureCode | "no"): string;
}
const Front = protocol<Front>("test.Front@1", { get: ask });
class FrontActor
  extends Actor<Front, { readonly breaker: CircuitBreaker }>
  implements Handlers<Front>
{
  static readonly protocol = Front;
  static initial = (args: { readonly breaker: CircuitBreaker }) => args;
  async get(fails: FailureCode | "no"): Promise<string> {
    try {
      return await guarded(this.state.breaker, this.ctx, () => this.#dependency(fails));
    } catch (error) {
      throw reply(Failure.of(error));
    }
  }
  #dependency(fails: FailureCode | "no"): string {
    if (fails !== "no") throw new Failure(fails, "as told");
    return "value";
  }
}

function front() {
  const world = createTestSystem();
  const breaker = new CircuitBreaker(spec);
  return { ...world, breaker, ref: world.system.spawn(FrontActor, { breaker }) };
}

test("an open breaker refuses at once, naming the time to wait, and closes after a good probe", async () => {
  const { ref, breaker, time } = front();
  assert.equal(await ref.get("no"), "value");
  await assert.rejects(ref.get("timeout"), { code: "timeout" });
  await assert.rejects(ref.get("store_failed"), { code: "store_failed" });
  await time.advance(300);
  await assert.rejects(ref.get("no"), { code: refusalCode, message: /in 700 ms/ });
  await time.advance(700);
  assert.equal(await ref.get("no"), "value");
  assert.equal(breaker.state, "closed");
  const { admitted, refused, failed, opened } = breaker.counts;
  assert.deepEqual(
    { admitted, refused, failed, opened },
    { admitted: 4, refused: 1, failed: 2, opened: 1 },
  );
});

test("a refusal names what failed, if the breaker was told", async () => {
  const clock = { now: () => 0 };
  const fail = () => Promise.reject(new Failure("timeout", "as told"));
  for (const [named, seen] of [
    [{ name: "the price service" }, /the price service has failed too often of late; .* 1000 ms/],
    [{}, /what this breaker guards has failed/],
  ] as const) {
    const breaker = new CircuitBreaker({ ...spec, ...named });
    for (const _ of [1, 2]) await assert.rejects(guarded(breaker, clock, fail));
    await assert.rejects(guarded(breaker, clock, fail), { code: "circuit_open", message: seen });
  }
  const bad = { ...spec, name: "the price service", openMs: Number.POSITIVE_INFINITY };
  assert.throws(() => new CircuitBreaker(bad), { message: /the price service .* not Infinity/ });
});

test("a dependency that says no works; one that was not waited for is not judged", async () => {
  const { ref, breaker } = front();
  for (const code of ["not_found", "invalid", "cancelled", "cancelled"] as const) {
    await assert.rejects(ref.get(code), { code });
  }
  assert.equal(breaker.state, "closed");
  const { succeeded, failed, withdrawn } = breaker.counts;
  assert.deepEqual({ succeeded, failed, withdrawn }, { succeeded: 2, failed: 0, withdrawn: 2 });
});

test("what is thrown is passed on as it is, and a bug counts as a failure", async () => {
  const breaker = new CircuitBreaker(spec);
  const bug = new TypeError("a bug");
  const clock = { now: () => 0 };
  const call = () => guarded(breaker, clock, () => Promise.reject(bug));
  await assert.rejects(call(), bug);
  const refused = reply(new Failure("not_found", "nothing here"));
  await guarded(breaker, clock, () => Promise.reject(refused)).catch((error: unknown) =>
    assert.equal(error, refused),
  );
  assert.deepEqual([breaker.counts.failed, breaker.counts.succeeded], [1, 1]);
});
