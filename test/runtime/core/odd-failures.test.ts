// Failures that are no plain errors: what cannot be shown, promises that throw, states that are
// promises. Each is a crash like any other, its ask is answered, and the accounts come out even.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { ask, protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ActorClass } from "#runtime/core/actor-class.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { createPuppets, outcomeOf, type Play } from "./puppet.ts";

/** Without a prototype it has no `toString`. */
const unshowable: unknown = Object.create(null);
const mute = new Error();
Object.defineProperty(mute, "message", {
  get() {
    throw new Error("not even this");
  },
});
const thenable = (then: PropertyDescriptor): Promise<never> => {
  const made = JSON.parse("{}");
  // biome-ignore lint/suspicious/noThenProperty: it is what is tested.
  Reflect.defineProperty(made, "then", then);
  return made;
};

const odd: Readonly<Record<string, Play>> = {
  "an object that cannot be shown": () => {
    throw unshowable;
  },
  "a promise of one": async () => {
    throw unshowable;
  },
  "an error whose message throws": () => {
    throw mute;
  },
  undefined: () => {
    throw undefined;
  },
  "a symbol": () => {
    throw Symbol("odd");
  },
  "an answer whose `then` throws": () =>
    thenable({
      value: () => {
        throw new Error("then");
      },
    }),
  "an answer that has a `then` which cannot be read": () =>
    thenable({
      get() {
        throw new Error("get");
      },
    }),
};

for (const [what, play] of Object.entries(odd)) {
  test(`${what} is a crash like any other: asked, it is answered, and the actor begins anew`, async () => {
    const { system, puppet, time, stop } = createPuppets();
    const one = puppet();
    assert.equal(await time.until(outcomeOf(one.act(play)), 0), "actor_crashed");
    assert.equal(await time.until(outcomeOf(one.act(() => "fine")), 0), "fine");
    const { inFlight, dead, queued } = system.counts;
    assert.deepEqual({ inFlight, dead, queued }, { inFlight: 0, dead: 0, queued: 0 });
    await stop();
  });
}

test("what a start throws may be odd as well", async () => {
  let begins = 0;
  const { puppet, time, stop } = createPuppets();
  const one = puppet({
    start: () => {
      begins += 1;
      if (begins === 1) throw unshowable;
      const thrower = (): never => {
        throw new Error("then");
      };
      return begins === 2 ? thenable({ value: thrower }) : undefined;
    },
  });
  assert.equal(await time.until(outcomeOf(one.act(() => "fine")), 10), "fine");
  assert.equal(begins, 3);
  await stop();
});

test("whatever was thrown has a text", () => {
  assert.match(Failure.of(unshowable).detail, /cannot be shown/);
  assert.match(Failure.of(mute).detail, /cannot be shown/);
  assert.equal(Failure.of(new Error("plain")).detail, "plain");
});

test("a state that is a promise is refused, and its own failure concerns nobody", async () => {
  interface Late {
    ready(): boolean;
  }
  const Late = protocol<Late>("test.Late@1", { ready: ask });
  class LateActor extends Actor<Late, Promise<number>> {
    static readonly protocol = Late;
    static initial = async (): Promise<number> => {
      throw new Error("no database");
    };
    ready(): boolean {
      return true;
    }
  }
  const late: ActorClass = LateActor;
  const { system, time, log, stop } = createTestSystem();
  const ref = system.spawn(late, { restart: "temporary" });
  await assert.rejects(time.until(system.started(ref), 0), { code: "actor_stopped" });
  const line = log.find(({ message }) => message.startsWith("crashed in initial"));
  assert.match(line?.message ?? "", /LateActor\.initial answered a promise.*start\(\)/);
  await stop();
});
