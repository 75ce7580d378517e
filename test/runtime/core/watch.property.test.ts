// Death watch under random orders: whoever watches hears of an end exactly once, and who stopped
// watching before does not.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { AnyRef } from "#protocols/actor-ref.ts";
import { type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

interface Mortal {
  leave(): void;
  fail(): void;
}
const Mortal = protocol<Mortal>("test.Mortal@1", { leave: tell, fail: tell });
class MortalActor extends Actor<Mortal> implements Handlers<Mortal> {
  static readonly protocol = Mortal;
  leave(): void {
    this.ctx.stop();
  }
  fail(): void {
    throw new Error("mortal");
  }
}

interface Watcher {
  watch(name: string, ref: AnyRef): void;
  unwatch(name: string, ref: AnyRef): void;
  fail(): void;
}
const Watcher = protocol<Watcher>("test.Watcher@1", { watch: tell, unwatch: tell, fail: tell });
class WatcherActor extends Actor<Watcher, { lines: string[] }> implements Handlers<Watcher> {
  static readonly protocol = Watcher;
  static initial = (lines: string[]) => ({ lines });
  watch(name: string, ref: AnyRef): void {
    this.ctx.watch(ref);
    this.state.lines.push(`watch ${name}`);
  }
  unwatch(name: string, ref: AnyRef): void {
    this.ctx.unwatch(ref);
    this.state.lines.push(`unwatch ${name}`);
  }
  fail(): void {
    throw new Error("watcher");
  }
  override terminated(ref: AnyRef): void {
    this.state.lines.push(`terminated ${ref.$.address.path.slice(1)}`);
  }
}

const count = 3;
const steps = fc.array(
  fc.record({
    act: fc.constantFrom("watch", "watch", "watch", "unwatch", "leave", "fail", "blink", "settle"),
    watcher: fc.nat({ max: count - 1 }),
    target: fc.nat({ max: count - 1 }),
  }),
  { minLength: 1, maxLength: 60 },
);
const supervise = {
  strategy: "one-for-one",
  restartsMax: Number.POSITIVE_INFINITY,
  withinMs: 1_000,
  backoff: { delayMsMin: 0, delayMsMax: 0, factor: 1, jitter: 0 },
} as const;

/** After each line whether it watches; a notice while it does not is one too many. */
function check(lines: readonly string[], name: string): void {
  let isWatching = false;
  for (const line of lines) {
    if (line === `watch ${name}`) isWatching = true;
    if (line === `unwatch ${name}`) isWatching = false;
    if (line !== `terminated ${name}`) continue;
    assert.ok(isWatching, `${name} ended for one who did not watch:\n${lines.join("\n")}`);
    isWatching = false;
  }
  assert.ok(!isWatching, `no notice of the end of ${name}:\n${lines.join("\n")}`);
}

test("each watch ends with exactly one notice, or with its withdrawal and none", async () => {
  const property = fc.asyncProperty(steps, fc.nat(), async (plan, seed) => {
    const { system, time, stop } = createTestSystem({ order: { seed }, supervise });
    const names = Array.from({ length: count }, (_, index) => `t${index}`);
    const targets = names.map((name) =>
      system.spawn(MortalActor, { name, restart: name === "t0" ? "temporary" : "transient" }),
    );
    const diaries = names.map((): string[] => []);
    const watchers = diaries.map((lines) => system.spawn(WatcherActor, lines));
    for (const { act, watcher, target } of plan) {
      const ref = targets[target];
      const who = watchers[watcher];
      if (!ref || !who) throw new Error("there is no such actor");
      if (act === "watch") who.watch(`t${target}`, ref);
      else if (act === "unwatch") who.unwatch(`t${target}`, ref);
      else if (act === "leave") ref.leave();
      else if (act === "fail") ref.fail();
      else if (act === "blink") who.fail();
      else await time.settle();
    }
    for (const ref of targets) ref.leave();
    await time.advance(10);
    for (const lines of diaries) for (const name of names) check(lines, name);
    await stop();
  });
  await fc.assert(property, { numRuns: 200, includeErrorInReport: true });
});
