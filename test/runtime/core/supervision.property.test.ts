// Random trees, random failures, random orders: whoever ends and starts does so as a simple model says.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureCode } from "#protocols/failure-codes.ts";
import { type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { SpawnOptions } from "#runtime/core/actor-class.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { type Plan, SupervisionModel } from "./supervision-model.ts";

interface Member {
  fail(code: FailureCode): void;
}
const Member = protocol<Member>("test.Member@1", { fail: tell });

interface Diary {
  readonly ends: string[];
  readonly starts: string[];
  readonly refs: Map<string, Ref<Member>>;
}

class MemberActor extends Actor<Member, { plan: Plan; diary: Diary }> implements Handlers<Member> {
  static readonly protocol = Member;
  static initial = (args: { plan: Plan; diary: Diary }) => args;
  override start(): void {
    const { plan, diary } = this.state;
    diary.starts.push(this.ctx.path);
    diary.refs.set(this.ctx.path, this.ctx.self);
    for (const child of plan.children) {
      this.ctx.spawn(MemberActor, { plan: child, diary }, termsOf(child));
    }
  }
  override stopped(exit: Exit): void {
    this.state.diary.ends.push(`${this.ctx.path} ${exit.kind}`);
  }
  fail(code: FailureCode): void {
    throw new Failure(code, "as planned");
  }
}

const withinMs = 10_000;
const recoveryMs = 1_000;
const backoff = { delayMsMin: 20, delayMsMax: 20, factor: 1, jitter: 0 };
const superviseOf = ({ strategy, restartsMax, decide }: Plan) => ({
  strategy,
  restartsMax,
  decide,
  withinMs,
  backoff,
});
const termsOf = (plan: Plan): SpawnOptions => ({
  name: plan.name,
  restart: plan.kind,
  supervise: superviseOf(plan),
});

const codes = ["model_failed", "corrupt", "store_failed", "internal"] as const;
const directive = fc.constantFrom("resume", "restart", "restart", "stop", "escalate");
const childrenOf = (depth: number): fc.Arbitrary<readonly Plan[]> =>
  depth === 0 ? fc.constant([]) : fc.array(planOf(depth - 1), { maxLength: 3 });
const planOf = (depth: number): fc.Arbitrary<Plan> =>
  fc
    .record({
      kind: fc.constantFrom("transient", "transient", "permanent", "temporary"),
      strategy: fc.constantFrom("one-for-one", "rest-for-one", "one-for-all"),
      restartsMax: fc.integer({ min: 0, max: 3 }),
      decide: fc.record(
        { model_failed: directive, corrupt: directive, store_failed: directive },
        { requiredKeys: [] },
      ),
      children: childrenOf(depth),
    })
    .map((plan) => ({
      ...plan,
      name: "",
      children: plan.children.map((child, index) => ({ ...child, name: `c${index}` })),
    }));

const failures = fc.array(
  fc.record({
    who: fc.nat(),
    code: fc.constantFrom(...codes),
    pauseMs: fc.constantFrom(0, 0, 3_000, 9_000),
  }),
  { minLength: 1, maxLength: 12 },
);

test("who ends and who starts after a failure, how and in which order, is as the model says", async () => {
  let compared = 0;
  const property = fc.asyncProperty(planOf(3), failures, fc.nat(), async (root, plan, seed) => {
    const diary: Diary = { ends: [], starts: [], refs: new Map() };
    const { system, time, fatal, stop } = createTestSystem({
      order: { seed },
      director: "elsewhere",
      supervise: superviseOf(root),
    });
    const model = new SupervisionModel(root, withinMs);
    for (const child of root.children)
      system.spawn(MemberActor, { plan: child, diary }, termsOf(child));
    await time.advance(recoveryMs);
    assert.deepEqual(diary.starts.toSorted(), model.paths.toSorted());
    for (const { who, code, pauseMs } of plan) {
      const { paths } = model;
      const path = paths[who % paths.length];
      if (path === undefined) break;
      diary.ends.length = 0;
      diary.starts.length = 0;
      const wanted = model.fail(path, code, time.now());
      diary.refs.get(path)?.fail(code);
      await time.advance(recoveryMs);
      assert.equal(fatal.length > 0, wanted.isFatal, `${path} failed of ${code}`);
      if (wanted.isFatal) break;
      assert.deepEqual(diary.ends, wanted.ends, `${path} failed of ${code}`);
      const restarted = diary.starts.filter((start) => wanted.restarts.includes(start));
      const born = diary.starts.filter((start) => !wanted.restarts.includes(start));
      assert.deepEqual(restarted, wanted.restarts);
      assert.deepEqual(born.toSorted(), wanted.births.toSorted());
      for (const [index, start] of diary.starts.entries()) {
        const parent = diary.starts.indexOf(start.slice(0, start.lastIndexOf("/")));
        assert.ok(parent < index, `${start} starts after its parent`);
      }
      compared += 1;
      await time.advance(pauseMs);
    }
    await stop();
  });
  await fc.assert(property, { numRuns: 150, includeErrorInReport: true });
  assert.ok(compared > 200, `${compared} failures compared`);
});
