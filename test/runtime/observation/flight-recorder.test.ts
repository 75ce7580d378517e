import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { FlightRecorder } from "#runtime/observation/flight-recorder.ts";
import { handlingSince } from "#runtime/observation/handling-since.ts";
import { quickKind, quickSize } from "#runtime/observation/quick-shape.ts";
import type { RecordedEvent } from "#runtime/observation/recorded-event.ts";
import { actorAt, addressOf, HandClock, handleOnce, messageOf } from "./observed-stage.ts";

const brief = (event: RecordedEvent): string =>
  event.kind === "handling" ? `${event.method} ${event.end}` : event.kind;

function stage(options: Partial<ConstructorParameters<typeof FlightRecorder>[0]> = {}) {
  const clock = new HandClock();
  return {
    clock,
    recorder: new FlightRecorder({ clock, eventsPerActor: 4, actorsMax: 3, ...options }),
  };
}

test("an event says who sent what, when it began and ended, and how", () => {
  const { clock, recorder } = stage();
  const actor = actorAt("/a");
  clock.nowMs = 10;
  const sender = addressOf("/b");
  const message = { payload: "twelve chars", sender, isAsk: true };
  handleOnce(recorder, actor, {
    method: "add",
    message,
    end: "refused",
    meanwhile: () => clock.pass(5),
  });
  assert.deepEqual(recorder.eventsOf(actor), [
    {
      kind: "handling",
      method: "add",
      sender,
      isAsk: true,
      beginMs: 10,
      end: "refused",
      endMs: 15,
      payload: "string(12)",
      held: undefined,
    },
  ]);
});

test("the last events stay, oldest first: none, one, as many as fit, one more", () => {
  const { recorder } = stage();
  const actor = actorAt("/a");
  assert.deepEqual(recorder.eventsOf(actor), []);
  for (let count = 1; count <= 9; count += 1) {
    handleOnce(recorder, actor, { method: `m${count}` });
    const first = Math.max(1, count - 3);
    const expected = Array.from(
      { length: count - first + 1 },
      (_, index) => `m${first + index} done`,
    );
    assert.deepEqual(recorder.eventsOf(actor).map(brief), expected);
  }
});

test("a payload is let go when its handler has ended, and held while it runs or when it crashed", () => {
  const { recorder } = stage();
  const actor = actorAt("/a");
  const payload = { secret: 1 };
  handleOnce(recorder, actor, { method: "fine", message: { payload } });
  handleOnce(recorder, actor, { method: "bad", message: { payload }, end: "crashed" });
  recorder.handling(actor, "slow", messageOf({ payload }));
  assert.deepEqual(
    recorder.eventsOf(actor).map((event) => event.kind === "handling" && event.held?.value),
    [undefined, payload, payload],
  );
});

test("all payloads are held when that is asked for", () => {
  const { recorder } = stage({ payloads: "all" });
  const actor = actorAt("/a");
  handleOnce(recorder, actor, { method: "fine", message: { payload: 7 } });
  const [event] = recorder.eventsOf(actor);
  assert.ok(event?.kind === "handling");
  assert.deepEqual(event.held, { value: 7 });
});

test("each kind of payload has its type and size", () => {
  const { recorder } = stage({ eventsPerActor: 16 });
  const actor = actorAt("/a");
  const payloads = [undefined, null, true, 1.5, "abc", new Uint8Array(9), [1, 2], { a: 1 }, 1n];
  for (const payload of payloads)
    handleOnce(recorder, actor, { method: "m", message: { payload } });
  assert.deepEqual(
    recorder.eventsOf(actor).map((event) => event.kind === "handling" && event.payload),
    ["none", "null", "boolean", "number", "string(3)", "bytes(9)", "list(2)", "object", "other"],
  );
});

test("a payload that cannot even be looked at is of another kind", () => {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  assert.equal(
    quickKind(proxy),
    quickKind(() => {}),
  );
  assert.equal(quickSize(proxy, quickKind([])), 0);
});

test("a late end is not written to the message that has the place now", () => {
  const { recorder } = stage();
  const actor = actorAt("/a");
  const late = recorder.handling(actor, "late", messageOf());
  for (const method of ["m1", "m2", "m3"]) handleOnce(recorder, actor, { method });
  const open = recorder.handling(actor, "open", messageOf());
  recorder.handled(actor, "late", "crashed", late);
  assert.deepEqual(recorder.eventsOf(actor).map(brief), [
    "m1 done",
    "m2 done",
    "m3 done",
    "open open",
  ]);
  recorder.handled(actor, "open", "done", open);
  assert.deepEqual(recorder.eventsOf(actor).map(brief).at(-1), "open done");
});

test("handlers in progress at the same time end each in its own line", () => {
  const { recorder } = stage();
  const [a, b] = [actorAt("/a"), actorAt("/b")];
  const tokens = [
    recorder.handling(a, "x", messageOf()),
    recorder.handling(b, "y", messageOf()),
    recorder.handling(a, "z", messageOf()),
  ];
  recorder.handled(a, "x", "done", tokens[0]);
  recorder.handled(b, "y", "left-behind", tokens[1]);
  assert.deepEqual(recorder.eventsOf(a).map(brief), ["x done", "z open"]);
  assert.deepEqual(recorder.eventsOf(b).map(brief), ["y left-behind"]);
});

test("restarts and failures outside of handlers are events; a handler's crash is not told twice", () => {
  const { recorder } = stage();
  const actor = actorAt("/a");
  const failure = new Failure("internal", "no");
  handleOnce(recorder, actor, { method: "add", end: "crashed" });
  recorder.crashed(actor, failure, "add");
  recorder.restarted(actor);
  recorder.crashed(actor, failure, "start");
  const events = recorder.eventsOf(actor);
  assert.deepEqual(events.map(brief), ["add crashed", "restarted", "failed"]);
  assert.deepEqual(events.at(-1), { kind: "failed", during: "start", atMs: 0 });
});

test("when it is full an actor without recent events makes room, and is counted", () => {
  const { recorder } = stage();
  const actors = ["/a", "/b", "/c", "/d", "/e"].map((path) => actorAt(path));
  const [a, b, c, d, e] = actors;
  assert.ok(a && b && c && d && e);
  const use = (...used: readonly (typeof a)[]): void => {
    for (const actor of used) handleOnce(recorder, actor, { method: "m" });
  };
  use(a, b, c, d);
  assert.equal(recorder.evicted, 1);
  assert.deepEqual(
    [...recorder.actors].map(({ path }) => path),
    ["/b", "/c", "/d"],
  );
  use(b, e);
  assert.deepEqual(
    [...recorder.actors].map(({ path }) => path),
    ["/b", "/d", "/e"],
  );
  assert.equal(recorder.eventsOf(d).length, 1);
});

test("an actor that has ended makes room without anybody being evicted", () => {
  const { recorder } = stage();
  for (let count = 0; count < 10; count += 1) {
    const actor = actorAt(`/a${count}`);
    const token = recorder.handling(actor, "m", messageOf({ payload: {} }));
    recorder.ended(actor);
    recorder.handled(actor, "m", "left-behind", token);
    assert.deepEqual(recorder.eventsOf(actor), []);
  }
  assert.equal(recorder.evicted, 0);
  assert.deepEqual([...recorder.actors], []);
});

test("an evicted actor's late end changes nobody's events", () => {
  const { recorder } = stage({ actorsMax: 1 });
  const [a, b] = [actorAt("/a"), actorAt("/b")];
  const late = recorder.handling(a, "late", messageOf());
  recorder.handling(b, "m", messageOf());
  recorder.handled(a, "late", "crashed", late);
  assert.deepEqual(recorder.eventsOf(b).map(brief), ["m open"]);
  recorder.handling(a, "again", messageOf());
  recorder.handled(a, "late", "crashed", late);
  assert.deepEqual(recorder.eventsOf(a).map(brief), ["again open"]);
});

test("a random history stays within bounds and never mixes actors", () => {
  const { recorder } = stage({ actorsMax: 5, eventsPerActor: 2 });
  const actors = Array.from({ length: 12 }, (_, index) => actorAt(`/a${index}`));
  let state = 1;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  const open: { actor: (typeof actors)[number]; token: number }[] = [];
  for (let step = 0; step < 20_000; step += 1) {
    const actor = actors[next(actors.length)];
    assert.ok(actor);
    const what = next(10);
    if (what < 6) open.push({ actor, token: recorder.handling(actor, actor.path, messageOf()) });
    else if (what < 9) {
      const [ending] = open.splice(next(Math.max(1, open.length)), 1);
      if (ending) recorder.handled(ending.actor, ending.actor.path, "done", ending.token);
    } else recorder.ended(actor);
    if (step % 100 !== 0) continue;
    const known = [...recorder.actors];
    assert.ok(known.length <= 5);
    for (const one of known) {
      const events = recorder.eventsOf(one);
      assert.ok(events.length <= 2);
      for (const event of events) assert.ok(event.kind === "handling" && event.method === one.path);
    }
  }
  assert.ok(recorder.evicted > 0);
});

test("sizes that cannot be are refused by name", () => {
  assert.throws(() => stage({ eventsPerActor: 3 }), /eventsPerActor is 3; give a power of two/);
  assert.throws(() => stage({ eventsPerActor: 0 }), /eventsPerActor is 0/);
  assert.throws(() => stage({ eventsPerActor: 2_048 }), /eventsPerActor is 2048/);
  assert.throws(() => stage({ actorsMax: 0 }), /actorsMax is 0/);
  assert.throws(() => stage({ eventsPerActor: 1_024, actorsMax: 5_000 }), /actorsMax is 5000/);
});

test("for how long a handler is in progress can be looked up by path and method", () => {
  const { clock, recorder } = stage();
  const actor = actorAt("/a");
  handleOnce(recorder, actor, { method: "done" });
  clock.nowMs = 100;
  recorder.handling(actor, "slow", messageOf());
  const since = handlingSince(recorder, 350);
  assert.deepEqual(
    [since("/a", "slow"), since("/a", "done"), since("/b", "slow")],
    [250, undefined, undefined],
  );
});
