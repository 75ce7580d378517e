import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import { type Ack, ack, ask, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { poolOf } from "#runtime/patterns/actor-pool.ts";
import { routerOf } from "#runtime/patterns/actor-router.ts";
import { createTestPair, createTestSystem } from "#runtime/testkit/test-system.ts";

interface Window {
  knock(): void;
  whoAsks(): string;
  knocks(): readonly string[];
}
const Window = protocol<Window>("test.Window@1", { knock: tell, whoAsks: ask, knocks: ask });

class WindowActor extends Actor<Window> {
  static readonly protocol = Window;
  readonly #knocks: string[] = [];
  knock(): void {
    this.#knocks.push(this.#who());
  }
  whoAsks(): string {
    return this.#who();
  }
  knocks(): readonly string[] {
    return this.#knocks;
  }
  #who(): string {
    return this.ctx.sender?.$.address.path ?? "nobody";
  }
}

interface Visitor {
  visit(window: Ref<Window>): readonly [string, readonly string[]];
  hail(window: Ref<Window>): Ack;
}
const Visitor = protocol<Visitor>("test.Visitor@1", { visit: ask, hail: ask });

class VisitorActor extends Actor<Visitor> {
  static readonly protocol = Visitor;
  async visit(window: Ref<Window>): Promise<readonly [string, readonly string[]]> {
    window.knock();
    return [await window.whoAsks(), await window.knocks()];
  }
  hail(window: Ref<Window>): Ack {
    window.knock();
    return ack;
  }
}

const policies = [
  { kind: "round-robin" },
  { kind: "random" },
  { kind: "least-loaded" },
  { kind: "consistent", keys: { knock: () => "one", whoAsks: () => "one", knocks: () => "one" } },
  { kind: "scatter-gather-first" },
] as const;

for (const policy of policies) {
  test(`behind a ${policy.kind} router an actor sees who sent the message, not the router`, async () => {
    const { system } = createTestSystem();
    const window = system.spawn(WindowActor, { name: "window" });
    const Router = routerOf(Window, { policy });
    const router = system.spawn(Router, { routees: [window] });
    const visitor = system.spawn(VisitorActor, { name: "visitor" });
    assert.deepEqual(await visitor.visit(router), ["/visitor", ["/visitor"]]);
    await system.stop();
  });
}

for (const kind of ["round-robin", "least-loaded"] as const) {
  test(`so does a worker of a ${kind} pool`, async () => {
    const { system } = createTestSystem();
    const pool = system.spawn(poolOf(WindowActor, { size: 1, policy: { kind } }));
    const visitor = system.spawn(VisitorActor, { name: "visitor" });
    assert.deepEqual(await visitor.visit(pool), ["/visitor", ["/visitor"]]);
    await system.stop();
  });
}

test("so do all behind a broadcast router, those of other nodes, too", async () => {
  const { a, b } = await createTestPair([Window]);
  const { system, time } = a;
  const near = system.spawn(WindowActor, { name: "near" });
  b.system.spawn(WindowActor, { name: "far" });
  const far = system.refTo(Window, { node: "b", path: "/far" });
  const Router = routerOf(Window, { policy: { kind: "broadcast" } });
  const router = system.spawn(Router, { routees: [near, far] });
  await system.spawn(VisitorActor, { name: "visitor" }).hail(router);
  await time.advance(100);
  for (const window of [near, far]) {
    assert.deepEqual(await time.until(window.knocks()), ["/visitor"]);
  }
});
