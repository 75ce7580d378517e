// The observers on a living system: what the engine tells them, from the first message to the end.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import { SeededRandom, seedFrom } from "#runtime/core/random.ts";
import { reply } from "#runtime/core/reply.ts";
import { CrashReporter } from "#runtime/observation/crash-reporter.ts";
import { FlightRecorder } from "#runtime/observation/flight-recorder.ts";
import { Metrics } from "#runtime/observation/metrics.ts";
import { observeWith } from "#runtime/observation/observers.ts";
import { type FinishedSpan, spansTo } from "#runtime/observation/span-writer.ts";
import { Tracing } from "#runtime/observation/tracing.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";
import { VirtualTime } from "#runtime/testkit/virtual-time.ts";

interface Desk {
  work(amount: number): number;
  refuse(): number;
  fail(): number;
  pass(to: Ref<Desk>): number;
  note(text: string): void;
}
const Desk = protocol<Desk>("demo.Desk@1", {
  work: ask,
  refuse: ask,
  fail: ask,
  pass: ask,
  note: tell,
});

class DeskActor extends Actor<Desk> implements Handlers<Desk> {
  static readonly protocol = Desk;
  work(amount: number): number {
    return amount;
  }
  refuse(): number {
    throw reply(new Failure("not_found", "nothing here"));
  }
  fail(): number {
    throw new TypeError("broken", { cause: new Error("deeper") });
  }
  async pass(to: Ref<Desk>): Promise<number> {
    return (await to.work(2)) + 1;
  }
  note(): void {}
}

test("metrics, spans, recorder and crash reports tell what a system did", async () => {
  const time = new VirtualTime();
  const random = new SeededRandom(seedFrom(1));
  const spans: FinishedSpan[] = [];
  const metrics = new Metrics({ clock: time });
  const recorder = new FlightRecorder({ clock: time });
  const crashes = new CrashReporter({ clock: time, recorder });
  const sink = spansTo((span) => spans.push(span), random);
  const tracing = new Tracing({ sink, clock: time, random });
  const group = observeWith(metrics, recorder, crashes, tracing);
  const { system } = createTestSystem({ time, observer: group });
  metrics.attach(system);
  const [a, b] = [system.spawn(DeskActor, { name: "a" }), system.spawn(DeskActor, { name: "b" })];
  a.note("hello");
  assert.equal(await a.pass(b), 3);
  await assert.rejects(a.refuse(), { code: "not_found" });
  await assert.rejects(a.fail(), { code: "actor_crashed" });
  await time.advance(1_000);
  tracing.flush();

  assert.deepEqual(group.failures, []);
  const desks = metrics.snapshot().handlings.filter((of) => of.protocol === Desk.id);
  assert.deepEqual(
    desks.map(({ method, done, refused, crashed }) => [method, done, refused, crashed]),
    [
      ["note", 1, 0, 0],
      ["pass", 1, 0, 0],
      ["work", 1, 0, 0],
      ["refuse", 0, 1, 0],
      ["fail", 0, 0, 1],
    ],
  );
  const desk = metrics.snapshot().actors.find((of) => of.protocol === Desk.id);
  assert.deepEqual(
    [desk?.spawned, desk?.crashes, desk?.restarts, desk?.levels?.living],
    [2, 1, 1, 2],
  );
  const [report] = crashes.last;
  assert.deepEqual(
    report?.last.map(({ what, end }) => `${what} ${end}`),
    ["note done", "pass done", "refuse refused", "fail crashed"],
  );
  assert.deepEqual(
    report?.causes.causes.map(({ message }) => message),
    ["actor_crashed: /a fail threw TypeError: broken", "broken", "deeper"],
  );
  const spanOf = (method: string) => spans.find((span) => span.method === method);
  assert.deepEqual(spanOf("work")?.parent, spanOf("pass")?.context);
  assert.equal(spanOf("fail")?.failure?.code, "actor_crashed");
  await system.stop(0);
  assert.deepEqual(
    [...recorder.actors].map(({ path }) => path),
    [],
  );
});
