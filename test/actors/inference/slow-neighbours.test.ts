// Requests that share an engine with one that takes too long, on a machine whose time the test passes.
import assert from "node:assert/strict";
import { it } from "node:test";
import type { EngineChildEvents } from "#actors/inference/engine-child.ts";
import type { EngineMachine } from "#actors/inference/engine-machine.ts";
import type { EngineOrder } from "#actors/inference/engine-messages.ts";
import { EngineProcess } from "#actors/inference/engine-process.ts";
import { Failure } from "#protocols/failure.ts";

const runTimeoutMs = 1_000;

function openEngine(together: number) {
  let nowMs = 0;
  let alarms: readonly { readonly dueMs: number; readonly act: () => void }[] = [];
  const orders: EngineOrder[] = [];
  const pipes: EngineChildEvents[] = [];
  const machine: EngineMachine = {
    now: () => nowMs,
    after: (ms, act) => {
      const alarm = { dueMs: nowMs + ms, act };
      alarms = [...alarms, alarm];
      return () => {
        alarms = alarms.filter((one) => one !== alarm);
      };
    },
    spawn: (events) => {
      pipes.push(events);
      const gone = new Promise<Failure>(() => undefined);
      const send = (order: EngineOrder) => orders.push(order);
      return { pid: 1, gone, send, leave: () => undefined, kill: () => undefined };
    },
  };
  const spec = { models: [{ name: "m", folder: "/m" }], threads: 1, startTimeoutMs: 10 };
  const engine = EngineProcess.start(
    { ...spec, runTimeoutMs },
    { exited: () => undefined },
    machine,
  );
  const report: EngineChildEvents["report"] = (one, bytes) => pipes[0]?.report(one, bytes);
  const none = new Uint8Array();
  const bounds = { together, requestsMax: 2 * together + 1 };
  report({ kind: "ready", models: [], ...bounds, onnxruntimeVersion: "none" }, none);
  return {
    orders,
    attempt: () =>
      engine.attempt({ model: "m", files: [], parameters: {} }).then(
        ({ kind }) => kind,
        (why: unknown) => Failure.of(why).code,
      ),
    refuse: (id: number) =>
      report({ kind: "refused", id, code: "cancelled", detail: "it was asked to end" }, none),
    pass: (ms: number) => {
      nowMs += ms;
      for (const due of alarms.filter(({ dueMs }) => dueMs <= nowMs)) {
        alarms = alarms.filter((one) => one !== due);
        due.act();
      }
    },
  };
}

const passOver = ({ pass }: ReturnType<typeof openEngine>): void => {
  pass(runTimeoutMs);
  pass(50);
};

it("one that runs alone for too long, and ends when it is asked to, fails with timeout", async () => {
  const engine = openEngine(2);
  const slow = engine.attempt();
  passOver(engine);
  assert.deepEqual(engine.orders.at(-1), { kind: "cancel", id: 1 });
  engine.refuse(1);
  assert.equal(await slow, "timeout");
});

it("one that is first of several in a run that takes too long is run alone, and not blamed", async () => {
  const engine = openEngine(2);
  const [first] = [engine.attempt(), engine.attempt()];
  passOver(engine);
  assert.deepEqual(engine.orders.at(-1), { kind: "cancel", id: 1 });
  engine.refuse(1);
  assert.equal(await first, "suspected");
});
