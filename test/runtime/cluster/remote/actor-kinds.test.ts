// Actor classes by their names: which there can be, and what is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type Handlers, protocol } from "#protocols/protocol.ts";
import { ActorKinds, actorKindsKey } from "#runtime/cluster/remote/actor-kinds.ts";
import { Actor } from "#runtime/core/actor.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";

interface Lamp {
  kinds(): readonly string[];
}
const Lamp = protocol<Lamp>("test.Lamp@1", { kinds: ask });

class LampActor extends Actor<Lamp> implements Handlers<Lamp> {
  static readonly protocol = Lamp;
  kinds(): readonly string[] {
    return this.ctx.use(actorKindsKey).names;
  }
}

class OtherLampActor extends LampActor {}

test("a class is found by its name, and its name by the class", () => {
  const kinds = new ActorKinds([LampActor]);
  assert.equal(kinds.find("LampActor"), LampActor);
  assert.equal(kinds.nameOf(LampActor), "LampActor");
  assert.equal(kinds.find("OtherLampActor"), undefined);
  assert.equal(kinds.nameOf(OtherLampActor), undefined);
});

test("two of one name, one without a name, and what is no actor class are refused", () => {
  const twin = { LampActor: class LampActor extends OtherLampActor {} }.LampActor;
  assert.throws(() => new ActorKinds([LampActor, twin]), {
    code: "invalid",
    message: /two actor classes are named LampActor: rename one/,
  });
  const [nameless] = [class extends LampActor {}];
  assert.ok(nameless);
  assert.throws(() => new ActorKinds([nameless]), { code: "invalid", message: /test\.Lamp@1/ });
  class Plain {
    static readonly protocol = Lamp;
    readonly bulbs = 1;
  }
  assert.throws(() => new ActorKinds([Plain]), { code: "invalid", message: /Plain is no actor/ });
});

test("a node's actors see the classes that it was started with", async () => {
  const system = await startLocalSystem({ actors: [LampActor], log: { write: () => {} } });
  assert.deepEqual(await system.spawn(LampActor).kinds(), ["LampActor"]);
  await system.stop();
});
