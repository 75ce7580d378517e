// A node without an observer makes no spans; a trace that comes in goes through it all the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPuppets, type Hint } from "./puppet.ts";

const trace = { traceId: "1".repeat(32), spanId: "2".repeat(16), flags: 1 };

test("without an observer a trace passes through tells, asks and messages to oneself as it came", async () => {
  const { puppet, diary, time } = createPuppets();
  const [a, b] = [puppet(), puppet()];
  const noted =
    (what: string): Hint =>
    (ctx) => {
      diary.push(`${what} ${ctx.trace?.spanId === trace.spanId ? "traced" : "untraced"}`);
    };
  a.$.with({ trace }).hint(async (ctx) => {
    b.hint(noted("tell"));
    b.$.with({ within: 1 }).hint(noted("tell with options"));
    ctx.via(b).hint(noted("tell via"));
    await b.act((other) => void noted("ask")(other));
    b.hint(noted("tell after an ask"));
    ctx.send("play", (own) => void noted("own")(own));
  });
  b.hint(noted("tell from outside"));
  await time.settle();
  const untraced = diary.filter((line) => line.endsWith(" untraced"));
  assert.deepEqual(untraced, ["tell from outside untraced"]);
  assert.equal(diary.length, 7);
});

test("a trace ends with what it caused: the next message has none", async () => {
  const { puppet, diary, time } = createPuppets();
  const [a, b] = [puppet(), puppet()];
  const pass: Hint = () => b.hint((ctx) => void diary.push(String(ctx.trace?.spanId)));
  a.$.with({ trace }).hint(pass);
  a.hint(pass);
  await time.settle();
  assert.deepEqual(diary, [trace.spanId, "undefined"]);
});
