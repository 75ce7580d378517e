// Stopping by ref: which refs may be stopped by whom, and at what price.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { type Casting, createPuppets, outcomeOf, Puppet, PuppetActor } from "./puppet.ts";

test("a system stops its own actors; one of another node is refused, and left alone", async () => {
  const { system, puppet, time, stop } = createPuppets();
  const far = system.refTo(Puppet, { node: "mars", path: "/rover" });
  await assert.rejects(system.stopActor(far), (error) => {
    assert.ok(error instanceof Failure && error.code === "invalid");
    assert.match(error.detail, /\/rover is no actor of test: let its own node stop it/);
    return true;
  });
  const near = puppet();
  await time.until(system.stopActor(near), 0);
  // It has ended already: that is as good as stopped now.
  await time.until(system.stopActor(near), 0);
  await stop();
});

test("only its parent stops a child: a grandchild, a stranger, one that has ended are refused", async () => {
  const { puppet, time, stop } = createPuppets();
  const [parent, stranger] = [puppet({ name: "parent" }), puppet({ name: "stranger" })];
  const codes = outcomeOf(
    parent.act(async (ctx, other) => {
      const strings: Casting & { diary: string[] } = { diary: [] };
      const child: Ref<Puppet> = ctx.spawn(PuppetActor, strings, { name: "child" });
      const grandchild = await child.act((inner) => inner.spawn(PuppetActor, strings));
      const refused = [];
      for (const ref of [grandchild, other, ctx.self]) {
        try {
          ctx.stop(typeof ref === "object" && "$" in ref ? ref : undefined);
        } catch (error) {
          refused.push(Failure.of(error).code);
        }
      }
      ctx.stop(child);
      await ctx.sleep(1);
      assert.throws(() => ctx.stop(child), { code: "not_found" });
      return refused;
    }, stranger),
  );
  assert.deepEqual(await time.until(codes, 10), ["not_found", "not_found", "not_found"]);
  await stop();
});

test("stopping a child costs the same among ten and among thousands of siblings", async () => {
  const { puppet, time, stop } = createPuppets();
  const parent = puppet();
  const nanosecondsOf = async (count: number): Promise<number> => {
    let ns = 0;
    const done = parent.act((ctx) => {
      const all = Array.from({ length: count }, () => ctx.spawn(PuppetActor, { diary: [] }));
      const begin = process.hrtime.bigint();
      for (const child of all) ctx.stop(child);
      ns = Number(process.hrtime.bigint() - begin) / count;
      return "";
    });
    await time.until(done, 100);
    return ns;
  };
  await nanosecondsOf(500);
  const [few, many] = [await nanosecondsOf(500), await nanosecondsOf(20_000)];
  // It was forty times as much when all siblings were searched.
  assert.ok(
    many < 10 * few,
    `${Math.round(few)} ns among 500, ${Math.round(many)} ns among 20,000`,
  );
  await stop();
});
