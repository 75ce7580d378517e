import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { ask, type Deferred, type Handlers, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { delayOf } from "#runtime/patterns/delay.ts";
import { hedgedAsk } from "#runtime/patterns/hedged-ask.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { createPuppets, nameOf } from "../core/puppet.ts";

interface Replica {
  read(): string;
}
const Replica = protocol<Replica>("test.Replica@1", { read: ask });
interface ReplicaState {
  readonly name: string;
  /** Milliseconds until the answer, or the code of the failure that comes at once. */
  readonly answer: number | "unavailable" | "not_found" | "unavailable at 20";
  readonly diary: string[];
}
class ReplicaActor
  extends Actor<Replica, ReplicaState, { answerNow(): void }>
  implements Handlers<Replica>
{
  static readonly protocol = Replica;
  static initial = (args: ReplicaState): ReplicaState => args;
  #resolve: (name: string) => void = () => {};
  read(): Deferred<string> {
    const { name, answer, diary } = this.state;
    diary.push(`${name} asked at ${this.ctx.now()}`);
    if (answer === "unavailable at 20") {
      this.ctx.after(20, "answerNow");
      return this.ctx.defer(
        new Promise((_, reject) => {
          this.#resolve = () => reject(new Failure("unavailable", `${name} gives up`));
        }),
      );
    }
    if (typeof answer === "string") throw reply(new Failure(answer, `${name} says no`));
    this.ctx.signal.addEventListener("abort", () => diary.push(`${name} cancelled`));
    this.ctx.after(answer, "answerNow");
    return this.ctx.defer(
      new Promise((resolve) => {
        this.#resolve = resolve;
      }),
    );
  }
  answerNow(): void {
    this.#resolve(this.state.name);
  }
}

function replicas(...answers: readonly ReplicaState["answer"][]) {
  const world = createTestSystem();
  const diary: string[] = [];
  const refs = answers.map((answer, index) =>
    world.system.spawn(ReplicaActor, { name: `r${index}`, answer, diary }),
  );
  const delay = delayOf(world.system);
  const terms = { within: 1_000, hedgeAfterMs: 50 };
  const run = (given: { readonly signal?: AbortSignal; readonly within?: number } = {}) =>
    hedgedAsk(refs, (one) => one.read(), { ...terms, ...given }, delay);
  return { ...world, diary, run };
}

test("a quick first answer asks nobody else", async () => {
  const { run, time, diary } = replicas(40, 10);
  const answer = run();
  await time.advance(200);
  assert.equal(await answer, "r0");
  assert.deepEqual(diary, ["r0 asked at 0"]);
});

test("when the first is slow the second is asked, the first success wins, the loser is cancelled", async () => {
  const { run, time, diary, system } = replicas(500, 20, 20);
  const answer = run();
  await time.advance(70);
  assert.equal(await answer, "r1");
  await time.settle();
  assert.deepEqual(diary, ["r0 asked at 0", "r1 asked at 50", "r0 cancelled"]);
  assert.equal(system.asks.openCount, 0);
});

test("the first may still win after the second was asked", async () => {
  const { run, time } = replicas(60, 100);
  const answer = run();
  await time.advance(60);
  assert.equal(await answer, "r0");
});

test("a failure that may pass brings the next at once, and each is asked once", async () => {
  const { run, time, diary } = replicas("unavailable", 300, 10);
  const answer = run();
  await time.advance(60);
  assert.equal(await answer, "r2");
  assert.deepEqual(diary.slice(0, 3), ["r0 asked at 0", "r1 asked at 0", "r2 asked at 50"]);
});

test("one that was started early gets its whole time before the next is asked", async () => {
  const { run, time, diary } = replicas("unavailable at 20", 45, 10);
  const answer = run();
  await time.advance(100);
  assert.equal(await answer, "r1");
  assert.deepEqual(diary, ["r0 asked at 0", "r1 asked at 20"]);
});

test("a signal that outlives the ask keeps nothing of it", async () => {
  const { run, time } = replicas(60, 100);
  const { signal } = new AbortController();
  const answer = run({ signal });
  await time.advance(60);
  await answer;
  assert.deepEqual(getEventListeners(signal, "abort"), []);
});

test("a failure that cannot pass ends it, and all failures are a failure", async () => {
  const final = replicas("not_found", 10);
  await assert.rejects(final.run(), { code: "not_found" });
  assert.equal(final.diary.length, 1);
  const all = replicas("unavailable", "unavailable");
  await assert.rejects(all.run(), { code: "unavailable", message: /2 of 2 failed/ });
});

test("all of them share one deadline", async () => {
  const { run, time, diary } = replicas(5_000, 5_000);
  const answer = assert.rejects(run({ within: 200 }), { code: "timeout" });
  await time.advance(200);
  await answer;
  assert.deepEqual(diary.toSorted().slice(0, 2), ["r0 asked at 0", "r0 cancelled"]);
});

test("an aborted signal cancels all who were asked", async () => {
  const { run, time, diary, system } = replicas(500, 500, 500);
  const controller = new AbortController();
  const answer = assert.rejects(run({ signal: controller.signal }), { code: "cancelled" });
  await time.advance(60);
  controller.abort();
  await answer;
  await time.advance(200);
  assert.deepEqual(diary.slice(2), ["r0 cancelled", "r1 cancelled"]);
  assert.equal(system.asks.openCount, 0);
});

test("nobody to ask, or times that are none, are refused", async () => {
  await assert.rejects(replicas().run(), { code: "invalid" });
  await assert.rejects(replicas(1).run({ within: Number.NaN }), { code: "invalid" });
  const endless = { within: Number.POSITIVE_INFINITY };
  await assert.rejects(replicas(1).run(endless), { code: "invalid", message: /nothing was asked/ });
  const aborted = AbortSignal.abort();
  await assert.rejects(replicas(1).run({ signal: aborted }), { code: "cancelled" });
});

test("in a handler every one is asked on behalf of its message, and within its time", async () => {
  const { time, puppet, diary, stop } = createPuppets();
  const slow = puppet();
  const asker = puppet({ name: "asker" });
  const asked = asker.$.with({ within: 100 }).act((ctx) =>
    hedgedAsk(
      [slow, puppet()],
      (one) =>
        one.act((there) => {
          diary.push(`${nameOf(there.sender)}, ${there.remaining} ms left`);
          return there.defer(new Promise(() => {}));
        }),
      { within: 10_000, hedgeAfterMs: 40 },
      ctx,
    ),
  );
  await assert.rejects(time.until(asked, 1_000), { code: "timeout" });
  assert.deepEqual(diary, ["asker, 100 ms left", "asker, 60 ms left"]);
  await stop();
});
