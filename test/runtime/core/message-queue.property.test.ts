import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { selectorsFor } from "#protocols/selector.ts";
import { MessageQueue, type Taken } from "#runtime/core/message-queue.ts";

const { one } = selectorsFor("note", 0, false);

type Step = readonly ["push" | "unshift" | "shift" | "pop", number];

/** Runs of one operation, long enough to cross chunks of every size. */
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.tuple(
    fc.constantFrom("push", "unshift", "shift", "pop"),
    fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 200, max: 700 })),
  ),
  { maxLength: 40 },
);

test("a queue of messages is an array, whatever is put in and taken out at its ends", () => {
  fc.assert(
    fc.property(steps, (history) => {
      const queue = new MessageQueue();
      const model: number[] = [];
      let last = 0;
      for (const [step, times] of history) {
        for (let count = 0; count < times; count += 1) {
          last += 1;
          apply(step, last, queue, model);
        }
        assert.equal(queue.length, model.length);
        assert.equal(queue.first, model.length === 0 ? undefined : one);
      }
      while (model.length > 0) apply("shift", 0, queue, model);
      assert.equal(queue.length, 0);
    }),
    { numRuns: 300 },
  );
});

function apply(step: Step[0], value: number, queue: MessageQueue, model: number[]): void {
  const taken: Taken = { payload: undefined, origin: undefined };
  if (step === "push") {
    queue.push(one, value, undefined);
    model.push(value);
  } else if (step === "unshift") {
    queue.unshift(one, value, undefined);
    model.unshift(value);
  } else {
    const expected = step === "shift" ? model.shift() : model.pop();
    const selector = step === "shift" ? queue.shift(taken) : queue.pop(taken);
    assert.equal(selector, expected === undefined ? undefined : one);
    assert.equal(taken.payload, expected);
  }
}
