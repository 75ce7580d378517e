import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WorkLedger } from "#runtime/patterns/work-ledger.ts";

test("the queue takes as many as it may hold, and one more when one has gone out", () => {
  const ledger = new WorkLedger<string>({ capacity: 2, deliveriesMax: 3 });
  assert.deepEqual(
    ["a", "b", "c"].map((item) => ledger.offer(item)),
    [true, true, false],
  );
  ledger.join("w", 1);
  assert.deepEqual(ledger.next(), { worker: "w", delivery: 1, item: "a" });
  assert.equal(ledger.next(), undefined);
  assert.ok(ledger.offer("c"));
});

test("room goes round", () => {
  const ledger = new WorkLedger<number>({ capacity: 9, deliveriesMax: 3 });
  ledger.join("one", 2);
  ledger.join("two", 1);
  for (const item of [1, 2, 3, 4]) ledger.offer(item);
  const given = [ledger.next(), ledger.next(), ledger.next(), ledger.next()];
  assert.deepEqual(
    given.map((assignment) => assignment?.worker),
    ["one", "two", "one", undefined],
  );
});

test("what is given back goes out first, in its old order, until its deliveries are used up", () => {
  const ledger = new WorkLedger<number>({ capacity: 9, deliveriesMax: 2 });
  for (const item of [1, 2, 3]) ledger.offer(item);
  ledger.join("w", 2);
  assert.deepEqual([ledger.next()?.item, ledger.next()?.item], [1, 2]);
  assert.deepEqual(ledger.leave("w"), []);
  assert.equal(ledger.finish("w", 1), false);
  ledger.join("v", 3);
  assert.deepEqual(
    [1, 2, 3].map(() => ledger.next()?.item),
    [1, 2, 3],
  );
  assert.deepEqual(ledger.join("v", 1), [1, 2]);
  assert.equal(ledger.next()?.item, 3);
});

test("items that several workers give back stand in the order in which they came", () => {
  const ledger = new WorkLedger<number>({ capacity: 9, deliveriesMax: 3 });
  for (const item of [1, 2, 3, 4, 5]) ledger.offer(item);
  ledger.join("one", 2);
  ledger.join("two", 2);
  for (let count = 0; count < 4; count += 1) ledger.next();
  ledger.leave("two");
  ledger.leave("one");
  ledger.join("three", 9);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => ledger.next()?.item),
    [1, 2, 3, 4, 5],
  );
});

const commands = fc.array(
  fc.oneof(
    fc.constant({ kind: "offer" as const }),
    fc.constant({ kind: "next" as const }),
    fc.record({
      kind: fc.constant("join" as const),
      worker: fc.constantFrom("a", "b", "c"),
      room: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({ kind: fc.constant("leave" as const), worker: fc.constantFrom("a", "b", "c") }),
    fc.record({ kind: fc.constant("finish" as const), which: fc.nat() }),
  ),
  { maxLength: 120 },
);

test("every item is waiting, under way, finished or discarded, and no worker holds more than its room", () => {
  fc.assert(
    fc.property(commands, (list) => {
      const ledger = new WorkLedger<number>({ capacity: 4, deliveriesMax: 3 });
      const rooms = new Map<string, number>();
      let held: { worker: string; delivery: number }[] = [];
      let [offered, finished, discarded] = [0, 0, 0];
      for (const command of list) {
        if (command.kind === "offer" && ledger.offer(offered)) offered += 1;
        if (command.kind === "next") {
          const assignment = ledger.next();
          if (assignment) held.push(assignment);
        }
        if (command.kind === "join" || command.kind === "leave") {
          const { worker } = command;
          held = held.filter((entry) => entry.worker !== worker);
          const lost =
            command.kind === "join" ? ledger.join(worker, command.room) : ledger.leave(worker);
          discarded += lost.length;
          rooms.set(worker, command.kind === "join" ? command.room : 0);
        }
        if (command.kind === "finish" && held.length > 0) {
          const [entry] = held.splice(command.which % held.length, 1);
          assert.ok(entry && ledger.finish(entry.worker, entry.delivery));
          finished += 1;
        }
        for (const [worker, room] of rooms) {
          assert.ok(held.filter((entry) => entry.worker === worker).length <= room);
        }
        assert.equal(ledger.underWay, held.length);
        assert.equal(offered, ledger.waiting + ledger.underWay + finished + discarded);
      }
    }),
  );
});
