// Random graphs of actors that ask each other, against a model of who waits for whom: an ask fails
// with `ask_cycle` exactly when it would wait for its own asker, and no other one waits for ever.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Ref } from "#protocols/actor-ref.ts";
import { createPuppets, outcomeOf, type Play, type Puppet, type PuppetContext } from "./puppet.ts";

type Method = "act" | "look";
interface Step {
  readonly to: number;
  readonly method: Method;
  /** Before it asks the others. */
  readonly ms: number;
  readonly manner: "one by one" | "all at once";
  readonly next: readonly Step[];
}

/** A handler in progress, or its message while it waits. */
interface Task {
  readonly to: number;
  readonly method: Method;
  state: "queued" | "running" | "ended";
  readonly asked: Set<Task>;
}

class Model {
  readonly #tasks = new Set<Task>();

  /** A message is on its way, asked by that handler. */
  add(step: Step, asker: Task | undefined): Task {
    const task: Task = { to: step.to, method: step.method, state: "queued", asked: new Set() };
    this.#tasks.add(task);
    asker?.asked.add(task);
    return task;
  }

  remove(task: Task, asker: Task | undefined): void {
    task.state = "ended";
    this.#tasks.delete(task);
    asker?.asked.delete(task);
  }

  /** Whether a message to that actor would wait for that handler. */
  waits(step: Step, asker: Task, seen = new Set<Task>()): boolean {
    return this.#inFrontOf(step).some((task) => this.#leadsTo(task, asker, seen));
  }

  #leadsTo(task: Task, asker: Task, seen: Set<Task>): boolean {
    if (task === asker) return true;
    if (seen.has(task)) return false;
    seen.add(task);
    for (const asked of task.asked) {
      if (asked.state === "running" && this.#leadsTo(asked, asker, seen)) return true;
      const isBehind = asked.state === "queued" ? this.#inFrontOf(asked) : [];
      if (isBehind.some((other) => this.#leadsTo(other, asker, seen))) return true;
    }
    return false;
  }

  #inFrontOf({ to, method }: { readonly to: number; readonly method: Method }): readonly Task[] {
    const there = [...this.#tasks].filter((task) => task.to === to);
    const isWriteWaiting = there.some((task) => task.state === "queued" && task.method === "act");
    const mayJoin = method === "look" && !isWriteWaiting;
    return there.filter((task) => task.state === "running" && !(mayJoin && task.method === "look"));
  }
}

const actorsMax = 4;
const { step } = fc.letrec<{ step: Step }>((tie) => ({
  step: fc.record({
    to: fc.nat({ max: actorsMax - 1 }),
    method: fc.constantFrom<Method>("act", "act", "look"),
    ms: fc.integer({ min: 1, max: 20 }),
    manner: fc.constantFrom<Step["manner"]>("one by one", "all at once"),
    next: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constant([]),
      fc.array(tie("step"), { maxLength: 3 }),
    ),
  }),
}));

const withinMs = 1_000_000_000;

async function play(roots: readonly Step[], seed: number | undefined): Promise<number> {
  const { puppet, time, system, stop } = createPuppets(seed === undefined ? {} : { seed });
  const puppets = Array.from({ length: actorsMax }, () => puppet());
  const model = new Model();
  const dueTimes = new Set<number>();
  let asks = 0;
  let outcomes = 0;
  let cycles = 0;

  // No two handlers wake at the same time, so that the model sees what the engine sees.
  const pause = (ctx: PuppetContext, ms: number): Promise<void> => {
    let due = Math.ceil(ctx.now()) + ms * 1_000;
    while (dueTimes.has(due)) due += 1;
    dueTimes.add(due);
    return ctx.sleep(due - ctx.now());
  };
  const playOf =
    (task: Task, { ms, manner, next }: Step): Play =>
    async (ctx) => {
      task.state = "running";
      // Taken now: later nobody could tell for which of several readonly handlers.
      const refs = puppets.map((each) => ctx.via(each.$.with({ within: withinMs })));
      await pause(ctx, ms);
      const asking = next.map((each) => () => askFor(each, refs, task));
      if (manner === "all at once") await Promise.all(asking.map((start) => start()));
      else for (const start of asking) await start();
      task.state = "ended";
      return "done";
    };
  const askFor = async (each: Step, refs: readonly Ref<Puppet>[], asker?: Task): Promise<void> => {
    asks += 1;
    const isCycle = asker !== undefined && model.waits(each, asker);
    const task = model.add(each, asker);
    const ref = refs[each.to] ?? assert.fail();
    if (isCycle) model.remove(task, asker);
    const outcome = await outcomeOf(ref[each.method](playOf(task, each)));
    outcomes += 1;
    if (!isCycle) model.remove(task, asker);
    else cycles += 1;
    assert.equal(outcome, isCycle ? "ask_cycle" : "done");
  };

  const outside = puppets.map((each) => each.$.with({ within: withinMs }));
  const all = Promise.all(roots.map((root) => askFor(root, outside)));
  await time.until(all, withinMs / 2);
  assert.equal(outcomes, asks, "each ask has one outcome");
  assert.equal(system.asks.openCount, 0);
  const { sent, processed, queued, dead, inFlight } = system.counts;
  assert.deepEqual([queued, dead, inFlight], [0, 0, 0]);
  assert.equal(sent, processed);
  await stop();
  return cycles;
}

for (const order of ["in order", "in any order"] as const) {
  test(`an ask fails as a cycle exactly when it would wait for its asker, ${order}`, async () => {
    let cycles = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        async (roots, seed) => {
          cycles += await play(roots, order === "in order" ? undefined : seed);
        },
      ),
      { numRuns: 120, includeErrorInReport: true },
    );
    assert.ok(cycles > 20, `only ${cycles} cycles were met`);
  });
}
