// Timers against a list of due times: each rings once at its time, a repeated one each time, and one
// that was cancelled never, not even when its message waits already.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { TimerKey } from "#runtime/core/context.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import type { VirtualTime } from "#runtime/testkit/virtual-time.ts";

interface Ringer {
  arm(id: number, ms: number, kind: "once" | "repeated"): void;
  disarm(id: number): void;
  work(ms: number): void;
}
const Ringer = protocol<Ringer>("test.Ringer@1", { arm: tell, disarm: tell, work: tell });

interface Diary {
  readonly time: VirtualTime;
  /** `12 ring 3`: at 12 ms the timer 3. */
  readonly lines: string[];
}

class RingerActor
  extends Actor<Ringer, Diary & { keys: Map<number, TimerKey> }, { ring(id: number): void }>
  implements Handlers<Ringer>
{
  static readonly protocol = Ringer;
  static initial = (diary: Diary) => ({ ...diary, keys: new Map<number, TimerKey>() });
  arm(id: number, ms: number, kind: "once" | "repeated"): void {
    const key = kind === "once" ? this.ctx.after(ms, "ring", id) : this.ctx.every(ms, "ring", id);
    this.state.keys.set(id, key);
    this.#note(`armed ${id}`);
  }
  disarm(id: number): void {
    this.ctx.cancel(this.state.keys.get(id) ?? "");
    this.#note(`disarmed ${id}`);
  }
  work(ms: number): Promise<void> {
    const { time } = this.state;
    return new Promise((resolve) => time.createTimers().set(time.now() + ms, resolve));
  }
  ring(id: number): void {
    this.#note(`ring ${id}`);
  }
  #note(what: string): void {
    this.state.lines.push(`${this.ctx.now()} ${what}`);
  }
}

const steps = fc.array(
  fc.oneof(
    fc.record({ act: fc.constant("arm" as const), ms: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ act: fc.constant("repeat" as const), ms: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ act: fc.constant("disarm" as const), ms: fc.nat({ max: 30 }) }),
    fc.record({ act: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 30 }) }),
    fc.record({ act: fc.constant("work" as const), ms: fc.integer({ min: 1, max: 30 }) }),
  ),
  { minLength: 1, maxLength: 30 },
);

interface Timer {
  readonly armedMs: number;
  readonly ms: number;
  readonly kind: "once" | "repeated";
  disarmedMs: number;
}

/** When an idle actor's timer rings, up to `endMs`. */
function ringsOf({ armedMs, ms, kind, disarmedMs }: Timer, endMs: number): readonly number[] {
  const rings: number[] = [];
  for (let due = armedMs + ms; due <= endMs && due <= disarmedMs; due += ms) {
    rings.push(due);
    if (kind === "once") break;
  }
  return rings;
}

async function perform(plan: readonly { act: string; ms: number }[], seed: number) {
  const { system, time, stop } = createTestSystem({ order: { seed } });
  const lines: string[] = [];
  const ringer = system.spawn(RingerActor, { time, lines });
  const timers: Timer[] = [];
  await time.settle();
  for (const { act, ms } of plan) {
    if (act === "arm" || act === "repeat") {
      const kind = act === "arm" ? "once" : "repeated";
      ringer.arm(timers.length, ms, kind);
      timers.push({ armedMs: time.now(), ms, kind, disarmedMs: Number.POSITIVE_INFINITY });
    } else if (act === "disarm") {
      const id = ms % Math.max(1, timers.length);
      const timer = timers[id];
      if (!timer) continue;
      ringer.disarm(id);
      timer.disarmedMs = Math.min(timer.disarmedMs, time.now());
    } else if (act === "work") ringer.work(ms);
    else await time.advance(ms);
    await time.settle();
  }
  await time.advance(1_000);
  const endMs = time.now();
  await stop();
  return { lines, timers, endMs };
}

test("the timers of an idle actor ring exactly when they are due", async () => {
  const property = fc.asyncProperty(steps, fc.nat(), async (plan, seed) => {
    const { lines, timers, endMs } = await perform(
      plan.filter(({ act }) => act !== "work"),
      seed,
    );
    for (const [id, timer] of timers.entries()) {
      const rung = lines.filter((line) => line.endsWith(` ring ${id}`)).map(Number.parseFloat);
      assert.deepEqual(rung, ringsOf(timer, endMs), lines.join("\n"));
    }
  });
  await fc.assert(property, { numRuns: 100, includeErrorInReport: true });
});

test("however busy the actor is: once means once, and after its cancelling a timer is silent", async () => {
  const property = fc.asyncProperty(steps, fc.nat(), async (plan, seed) => {
    const { lines, timers } = await perform(plan, seed);
    for (const [id, timer] of timers.entries()) {
      const own = lines.filter((line) => line.endsWith(` ${id}`)).map((line) => line.split(" ")[1]);
      const end = own.indexOf("disarmed");
      const rings = own.filter((what) => what === "ring").length;
      assert.ok(end < 0 || !own.slice(end).includes("ring"), lines.join("\n"));
      if (timer.kind === "once") assert.ok(end < 0 ? rings === 1 : rings <= 1, lines.join("\n"));
    }
  });
  await fc.assert(property, { numRuns: 100, includeErrorInReport: true });
});
