// When a run that goes on is not worth its process, on virtual time.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineMachine } from "#actors/inference/engine-machine.ts";
import { EngineRequest } from "#actors/inference/engine-request.ts";
import { RequestLine } from "#actors/inference/request-line.ts";
import { RunWatch } from "#actors/inference/run-watch.ts";

/** Time that passes as it is told. */
class Passing implements Pick<EngineMachine, "after"> {
  #nowMs = 0;
  #due: { readonly atMs: number; readonly act: () => void }[] = [];

  after(ms: number, act: () => void): () => void {
    const one = { atMs: this.#nowMs + ms, act };
    this.#due.push(one);
    return () => {
      this.#due = this.#due.filter((other) => other !== one);
    };
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    const due = this.#due.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#due = this.#due.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { act } of due) act();
  }
}

function stage() {
  const line = new RequestLine();
  line.open({ together: 1, sentMax: 9 });
  const time = new Passing();
  const ended: string[] = [];
  const watch = new RunWatch(line, time, { endRun: (_, which) => ended.push(which) });
  watch.open(100);
  let lastId = 0;
  const send = () => {
    lastId += 1;
    const order = { kind: "run", id: lastId, model: "m", parameters: {}, files: [] } as const;
    const asked = new AbortController();
    const withdrawn = () => watch.waitersChanged();
    const turn = { files: [], beganMs: 0 };
    const request = new EngineRequest({ ...order, files: [] }, turn, asked.signal, withdrawn);
    request.outcome.catch(() => undefined);
    line.add(request);
    line.sendNext();
    return { id: lastId, withdraw: () => asked.abort() };
  };
  const atWork = (...ids: readonly number[]): void => {
    line.isAtWork(ids);
    watch.began(undefined);
  };
  return { line, time, ended, watch, send, atWork };
}

test("a run for nobody is ended in its time, whoever else withdraws meanwhile", () => {
  const { time, ended, send, atWork } = stage();
  const endless = send();
  send();
  atWork(endless.id);
  endless.withdraw();
  for (let tenths = 0; tenths < 9; tenths++) {
    time.pass(100);
    send().withdraw();
  }
  assert.deepEqual(ended, []);
  time.pass(100);
  assert.deepEqual(ended, ["withdrawn"]);
});

test("a run that somebody waits for goes on when others withdraw", () => {
  const { time, ended, send, atWork } = stage();
  const [wanted, unwanted] = [send(), send()];
  atWork(wanted.id);
  unwanted.withdraw();
  time.pass(60_000);
  assert.deepEqual(ended, []);
});

test("the time of a run begins with it", () => {
  const { line, time, ended, send, watch, atWork } = stage();
  const [first, second] = [send(), send()];
  atWork(first.id);
  first.withdraw();
  time.pass(900);
  line.answered(first.id);
  watch.waitersChanged();
  atWork(second.id);
  second.withdraw();
  time.pass(900);
  assert.deepEqual(ended, []);
  time.pass(100);
  assert.deepEqual(ended, ["withdrawn"]);
});
