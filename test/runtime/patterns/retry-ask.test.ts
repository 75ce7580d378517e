import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import { ask, type Deferred, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { delayOf } from "#runtime/patterns/delay.ts";
import { type RetryTerms, retryAsk } from "#runtime/patterns/retry-ask.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { createPuppets, nameOf, type Play } from "../core/puppet.ts";

interface Flaky {
  fetch(): string;
}
const Flaky = protocol<Flaky>("test.Flaky@1", { fetch: ask({ within: 60_000 }) });
/** What each ask meets: a failure, an answer, or silence. */
type Fate = FailureCode | "answer" | "silence";
interface FlakyState {
  readonly fates: Fate[];
  readonly askedMs: number[];
}
class FlakyActor extends Actor<Flaky, FlakyState> implements Handlers<Flaky> {
  static readonly protocol = Flaky;
  static initial = (args: FlakyState): FlakyState => args;
  fetch(): string | Deferred<string> {
    this.state.askedMs.push(this.ctx.now());
    const fate = this.state.fates.shift() ?? "answer";
    if (fate === "silence") return this.ctx.defer(new Promise(() => {}));
    if (fate === "answer") return "here";
    throw reply(new Failure(fate, "as told"));
  }
}

const terms: RetryTerms = {
  repeat: "idempotent",
  attemptsMax: 4,
  within: 1_000,
  backoff: { delayMsMin: 100, delayMsMax: 1_000, factor: 2, jitter: 0 },
};

function flaky(...fates: readonly Fate[]) {
  const world = createTestSystem();
  const askedMs: number[] = [];
  const ref = world.system.spawn(FlakyActor, { fates: [...fates], askedMs });
  const run = (given: Partial<RetryTerms> = {}) =>
    retryAsk(ref, (one) => one.fetch(), { ...terms, ...given }, delayOf(world.system));
  return { ...world, askedMs, run };
}

test("a failure that may pass is asked again after growing pauses, until it succeeds", async () => {
  const { run, time, askedMs } = flaky("store_failed", "actor_crashed", "unavailable");
  const answer = run();
  await time.advance(1_000);
  assert.equal(await answer, "here");
  assert.deepEqual(askedMs, [0, 100, 300, 700]);
});

test("a failure that cannot pass is not asked again", async () => {
  const { run, askedMs } = flaky("not_found");
  await assert.rejects(run(), { code: "not_found" });
  assert.equal(askedMs.length, 1);
});

test("when the attempts are used up the last failure is the answer", async () => {
  const { run, time, askedMs } = flaky("store_failed", "store_failed", "queue_full");
  const answer = assert.rejects(run({ attemptsMax: 3 }), {
    code: "queue_full",
    message: /given up after 3 attempts/,
  });
  await time.advance(1_000);
  await answer;
  assert.equal(askedMs.length, 3);
});

test("what was perhaps handled is repeated only when it may be done twice", async () => {
  for (const [fate, asked] of [
    ["actor_crashed", 1],
    ["node_down", 1],
    ["timeout", 1],
    ["mailbox_full", 2],
    ["unavailable", 2],
  ] as const) {
    const { run, time, askedMs } = flaky(fate);
    const answer = run({ repeat: "refused-only" }).then(
      () => undefined,
      () => undefined,
    );
    await time.advance(1_000);
    await answer;
    assert.equal(askedMs.length, asked, fate);
  }
});

test("all attempts and pauses together never take longer than the caller has", async () => {
  const { run, time, askedMs } = flaky("silence", "silence", "silence", "silence", "silence");
  let endedMs = 0;
  const answer = assert.rejects(
    run({ within: 1_000, attemptWithin: 400 }).finally(() => {
      endedMs = time.now();
    }),
    { code: "timeout" },
  );
  await time.advance(5_000);
  await answer;
  assert.deepEqual(askedMs, [0, 500]);
  assert.equal(endedMs, 900);
});

test("a pause that would leave no time is not waited for", async () => {
  const { run, askedMs } = flaky("unavailable");
  await assert.rejects(run({ within: 100 }), { code: "unavailable" });
  assert.equal(askedMs.length, 1);
});

test("an aborted signal ends the ask under way, and the pause", async () => {
  for (const [fate, atMs] of [
    ["silence", 50],
    ["unavailable", 50],
  ] as const) {
    const { run, time, system } = flaky(fate);
    const controller = new AbortController();
    const answer = assert.rejects(run({ signal: controller.signal }), { code: "cancelled" });
    await time.advance(atMs);
    controller.abort();
    await answer;
    assert.equal(system.asks.openCount, 0);
  }
});

test("terms that make no sense ask nobody", async () => {
  const { run, askedMs } = flaky();
  for (const bad of [
    { attemptsMax: 0 },
    { within: -1 },
    { within: Number.NaN },
    { attemptWithin: 0 },
    { backoff: { ...terms.backoff, jitter: 7 } },
    { backoff: { ...terms.backoff, delayMsMin: Number.NaN } },
    // As it comes from where nobody checks types.
    JSON.parse('{ "repeat": "sometimes" }'),
  ]) {
    await assert.rejects(run(bad), { code: "invalid" });
  }
  assert.equal(askedMs.length, 0);
});

test("in a handler all attempts are made on behalf of its message, and within its time", async () => {
  const { system, time, puppet, diary, stop } = createPuppets();
  const flaky = puppet();
  const asker = puppet({ name: "asker" });
  const attempt: Play = (ctx) => {
    diary.push(`${nameOf(ctx.sender)}, ${ctx.remaining} ms left`);
    throw reply(new Failure("unavailable", "not yet"));
  };
  const asked = asker.$.with({ within: 350 }).act((ctx) =>
    retryAsk(flaky, (one) => one.act(attempt), terms, ctx).catch((error: unknown) => {
      throw reply(Failure.of(error));
    }),
  );
  await assert.rejects(time.until(asked, 1_000), { code: "unavailable" });
  assert.deepEqual(diary, ["asker, 350 ms left", "asker, 250 ms left", "asker, 50 ms left"]);
  assert.equal(system.asks.openCount, 0);
  await stop();
});

test("an ask whose asker gave up in a pause is made no more", async () => {
  const { time, puppet, diary, stop } = createPuppets();
  const flaky = puppet();
  const asker = puppet();
  const attempt: Play = () => {
    diary.push("asked");
    throw reply(new Failure("unavailable", "not yet"));
  };
  const controller = new AbortController();
  const asked = asker.$.with({ signal: controller.signal }).act((ctx) =>
    retryAsk(flaky, (one) => one.act(attempt), terms, ctx).catch(() => undefined),
  );
  const given = assert.rejects(asked, { code: "cancelled" });
  await time.advance(150);
  controller.abort();
  await time.advance(1_000);
  await given;
  assert.deepEqual(diary, ["asked", "asked"]);
  await stop();
});

test("a refusal that a handler lets through is taken for its own, unless it says otherwise", async () => {
  const { system, time, puppet, diary, stop } = createPuppets();
  const full: Failure = new Failure("mailbox_full", "of another");
  const passing: Play = () => {
    diary.push("passing");
    throw reply(full);
  };
  const saying: Play = () => {
    diary.push("saying");
    throw reply(new Failure("actor_crashed", "half of it is done", full));
  };
  for (const play of [passing, saying]) {
    const given = { ...terms, repeat: "refused-only", attemptsMax: 2 } as const;
    const asked = retryAsk(puppet(), (one) => one.act(play), given, delayOf(system));
    await assert.rejects(time.until(asked, 1_000));
  }
  assert.deepEqual(diary, ["passing", "passing", "saying"]);
  await stop();
});
