// An observer that throws, in each hook in turn, on a system that goes on as if it were not there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { Observer } from "#runtime/core/observer.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { VirtualTime } from "#runtime/testkit/virtual-time.ts";

interface Clerk {
  file(paper: string): string;
  note(text: string): void;
}
const Clerk = protocol<Clerk>("demo.Clerk@1", { file: ask, note: tell });

class ClerkActor extends Actor<Clerk> implements Handlers<Clerk> {
  static readonly protocol = Clerk;
  file(paper: string): string {
    if (paper === "burning") throw new RangeError("too hot");
    return paper;
  }
  note(): void {}
}

/** Throws in the hook named, and does nothing in the others. */
function brokenIn(hook: keyof Observer): { readonly observer: Observer; calls(): number } {
  let count = 0;
  const of = (name: keyof Observer) => (): undefined => {
    count += 1;
    if (name === hook) throw new TypeError(`broken ${name}`);
    return undefined;
  };
  const observer: Observer = {
    handling: of("handling"),
    handled: of("handled"),
    spawned: of("spawned"),
    crashed: of("crashed"),
    restarted: of("restarted"),
    ended: of("ended"),
    dead: of("dead"),
    sending: of("sending"),
  };
  return { observer, calls: () => count };
}

const hooks = [
  ...(["handling", "handled", "spawned", "crashed"] as const),
  ...(["restarted", "ended", "dead", "sending"] as const),
];
for (const hook of hooks) {
  test(`an observer that throws in ${hook} is switched off, told of once, and hurts no actor`, async () => {
    const lines: string[] = [];
    const { observer, calls } = brokenIn(hook);
    const time = new VirtualTime();
    const log = {
      write: (_level: string, _actor: string, message: string) => {
        lines.push(message);
      },
    };
    const { system, stop } = createTestSystem({ time, observer, log });
    const clerk = system.spawn(ClerkActor, { name: "clerk" });
    const gone = system.spawn(ClerkActor, { name: "gone" });
    await assert.rejects(clerk.file("burning"), { code: "actor_crashed" });
    await time.until(system.stopActor(gone), 1_000);
    gone.note("to nobody");
    await time.advance(5_000);
    assert.equal(await clerk.file("dry"), "dry");
    assert.deepEqual(
      lines.filter((line) => line.includes(`threw in ${hook}`)),
      [`the observer threw in ${hook} and is switched off: broken ${hook}`],
    );
    assert.equal(system.observerFailure?.code, "internal");
    const before = calls();
    clerk.note("unseen");
    await time.advance(1);
    assert.equal(calls(), before);
    const { sent, processed, queued, dead, inFlight } = system.counts;
    assert.equal(sent, processed + queued + dead + inFlight);
    await stop();
  });
}

test("an observer that works is never complained of", async () => {
  const { observer, calls } = brokenIn("dead");
  const { system, stop } = createTestSystem({ observer });
  assert.equal(await system.spawn(ClerkActor).file("dry"), "dry");
  assert.equal(system.observerFailure, undefined);
  assert.ok(calls() > 0);
  await stop();
});
