import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import { ask, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { routerOf } from "#runtime/patterns/actor-router.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

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
}
const Visitor = protocol<Visitor>("test.Visitor@1", { visit: ask });

class VisitorActor extends Actor<Visitor> {
  static readonly protocol = Visitor;
  async visit(window: Ref<Window>): Promise<readonly [string, readonly string[]]> {
    window.knock();
    return [await window.whoAsks(), await window.knocks()];
  }
}

for (const kind of ["round-robin", "random"] as const) {
  test(`behind a ${kind} router an actor sees who sent the message, not the router`, async () => {
    const { system } = createTestSystem();
    const window = system.spawn(WindowActor, { name: "window" });
    const Router = routerOf(Window, { policy: { kind } });
    const router = system.spawn(Router, { routees: [window] });
    const visitor = system.spawn(VisitorActor, { name: "visitor" });
    assert.deepEqual(await visitor.visit(router), ["/visitor", ["/visitor"]]);
    await system.stop();
  });
}
