import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineRequest } from "#actors/inference/engine-request.ts";
import { RequestLine } from "#actors/inference/request-line.ts";

let lastId = 0;
function requestOf({ isAlone, signal }: { isAlone?: true; signal?: AbortSignal } = {}) {
  lastId += 1;
  const order = { kind: "run", id: lastId, model: "m", parameters: {}, files: [] } as const;
  const turn = { files: [], beganMs: 0, ...(isAlone ? { isAlone } : {}) };
  const request = new EngineRequest({ ...order, files: [] }, turn, signal, () => undefined);
  request.outcome.catch(() => undefined);
  return request;
}

/** With these waiting, and as many of them sent as may be. */
function lineOf(
  bounds: { readonly together: number; readonly sentMax: number },
  requests: readonly EngineRequest[],
) {
  const line = new RequestLine();
  line.open(bounds);
  for (const request of requests) line.add(request);
  const sent: EngineRequest[] = [];
  for (let next = line.sendNext(); next; next = line.sendNext()) sent.push(next);
  return { line, sent };
}

describe("what is sent", () => {
  it("is as much as the process takes, in the order of arrival", () => {
    const [a, b, c] = [requestOf(), requestOf(), requestOf()];
    const { line, sent } = lineOf({ together: 1, sentMax: 2 }, [a, b, c]);
    assert.deepEqual(sent, [a, b]);
    assert.equal(line.first, a);
    assert.equal(line.answered(a.order.id), a);
    assert.equal(line.sendNext(), c);
    assert.equal(line.answered(a.order.id), undefined, "answered once");
    assert.equal(line.count, 2);
  });

  it("is nothing beside one that runs alone, before it and after it", () => {
    const [a, alone, b] = [requestOf(), requestOf({ isAlone: true }), requestOf()];
    const { line, sent } = lineOf({ together: 3, sentMax: 7 }, [a, alone, b]);
    assert.deepEqual(sent, [a], "it waits until nothing else is there");
    line.answered(a.order.id);
    assert.equal(line.sendNext(), alone);
    assert.equal(line.sendNext(), undefined);
    line.answered(alone.order.id);
    assert.equal(line.sendNext(), b);
  });

  it("who leaves while it waits lets the next one go", () => {
    const [a, alone, b] = [requestOf(), requestOf({ isAlone: true }), requestOf()];
    const { line } = lineOf({ together: 3, sentMax: 7 }, [a, alone, b]);
    assert.equal(line.leave(alone), true);
    assert.equal(line.sendNext(), b);
    assert.equal(line.leave(b), false);
  });

  it("is for nobody when all that is at work was withdrawn", () => {
    const stop = new AbortController();
    const [a, b, read] = [requestOf({ signal: stop.signal }), requestOf(), requestOf()];
    const { line } = lineOf({ together: 2, sentMax: 5 }, [a, b, read]);
    assert.equal(line.isForNobody, false);
    stop.abort();
    assert.equal(line.isForNobody, false);
    line.answered(b.order.id);
    line.answered(read.order.id);
    assert.equal(line.isForNobody, true);
    line.answered(a.order.id);
    assert.equal(line.isForNobody, false, "nothing is no reason to end anything");
  });
});

describe("what is at work", () => {
  it("is what the process says, whatever else is prepared, until that has its answers", () => {
    const stop = new AbortController();
    const [a, b, c] = [requestOf(), requestOf({ signal: stop.signal }), requestOf()];
    const { line } = lineOf({ together: 2, sentMax: 5 }, [a, b, c]);
    assert.deepEqual(line.atWork, [a, b], "as far as can be told");
    line.isAtWork([b.order.id]);
    assert.deepEqual(line.atWork, [b]);
    stop.abort();
    assert.equal(line.isForNobody, true, "nobody waits for what runs, though others wait");
    assert.deepEqual(line.end("late"), { suspected: [b], unbegun: [a, c] });
  });

  it("is anybody's guess again when the run has ended", () => {
    const [a, b] = [requestOf(), requestOf()];
    const { line } = lineOf({ together: 1, sentMax: 3 }, [a, b]);
    line.isAtWork([b.order.id]);
    line.isAtWork([]);
    assert.deepEqual(line.atWork, [a]);
  });
});

describe("who may have ended the process", () => {
  for (const [together, sentMax, ending, suspects] of [
    [1, 3, "lost", 3],
    [1, 3, "late", 1],
    [3, 7, "lost", 7],
    [3, 7, "late", 3],
  ] as const) {
    const bounds = { together, sentMax };
    it(`that runs ${together} of ${sentMax} and is ${ending}: ${suspects} of them`, () => {
      const all = Array.from({ length: 9 }, () => requestOf());
      const { line } = lineOf(bounds, all);
      const { suspected, unbegun } = line.end(ending);
      assert.deepEqual(suspected, all.slice(0, suspects));
      assert.deepEqual(unbegun, all.slice(suspects));
      assert.equal(line.count, 0);
    });
  }
});
