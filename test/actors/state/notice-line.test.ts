import assert from "node:assert/strict";
import { test } from "node:test";
import { NoticeLine } from "#actors/state/notice-line.ts";
import type { Notice } from "#protocols/tasks/state-notices.ts";

const event = (channel: string, seq: number) => ({
  ...{ eventId: seq, channel, seq, type: "said", taskId: null, payload: {}, at: 0 },
});
const lineOf = (...channels: readonly string[]): NoticeLine => {
  const line = new NoticeLine({ waitingMax: 6, eachMax: 2 });
  for (const channel of channels) line.begin(channel, line.open(channel), { told: 0, missed: [] });
  return line;
};
const shown = (notices: readonly Notice[] = []): readonly string[] =>
  notices.map((notice) => {
    if (notice.kind === "event") return `${notice.channel}${notice.seq}`;
    if (notice.kind === "gap") return `${notice.channel}!${notice.reason}>${notice.after}`;
    return `${notice.channel}~${notice.kind}`;
  });
/** All that waits, message by message. */
const drained = (line: NoticeLine): readonly string[] => {
  const all: string[] = [];
  for (let batch = line.take(); batch; batch = line.take()) {
    all.push(...shown(batch));
    line.heard();
  }
  return all;
};

test("the next message comes when the one before was answered", () => {
  const line = lineOf("a");
  for (let seq = 1; seq <= 5; seq += 1) line.event(event("a", seq));
  assert.deepEqual(shown(line.take()), ["a1", "a2"]);
  assert.equal(line.take(), undefined);
  line.heard();
  assert.deepEqual(drained(line), ["a3", "a4", "a5"]);
});

test("one notice too many gives the channels that wait a gap from their first", () => {
  const line = lineOf("a", "b", "c");
  line.event(event("c", 1));
  drained(line);
  for (const seq of [1, 2, 3]) line.event(event("a", seq));
  for (const seq of [1, 2, 3]) line.event(event("b", seq));
  line.event(event("a", 4));
  line.event(event("b", 4));
  line.event(event("c", 2));
  assert.deepEqual(drained(line), ["a!slow>0", "b!slow>0", "c2"]);
  assert.equal(line.gapsTotal, 2);
});

test("what is in flight when too much waits is not told twice", () => {
  const line = lineOf("a");
  for (let seq = 1; seq <= 2; seq += 1) line.event(event("a", seq));
  assert.deepEqual(shown(line.take()), ["a1", "a2"]);
  for (let seq = 3; seq <= 12; seq += 1) line.event(event("a", seq));
  line.heard();
  assert.deepEqual(drained(line), ["a!slow>2"]);
});

test("a message that nobody answered gives its channels a gap before its first event", () => {
  const line = lineOf("a", "b");
  line.event(event("a", 1));
  line.event(event("b", 1));
  line.take();
  line.event(event("a", 2));
  line.unheard();
  assert.deepEqual(drained(line), ["a!slow>0", "b!slow>0"]);
});

test("a gap that was not heard of is told again", () => {
  const line = lineOf("a");
  line.event(event("a", 2));
  assert.deepEqual(shown(line.take()), ["a!trimmed>0"]);
  line.unheard();
  assert.deepEqual(drained(line), ["a!trimmed>0"]);
});

test("events that come while a channel opens are told behind the missing ones, once", () => {
  const line = lineOf();
  const turn = line.open("a");
  for (const seq of [3, 4, 5]) line.event(event("a", seq));
  line.begin("a", turn, { told: 1, missed: [2, 3].map((seq) => event("a", seq)) });
  for (const seq of [4, 5, 6]) line.event(event("a", seq));
  assert.deepEqual(drained(line), ["a2", "a3", "a4", "a5", "a6"]);
});

test("a channel that was opened again takes no beginning of the time before", () => {
  const line = lineOf();
  const former = line.open("a");
  const turn = line.open("a");
  line.begin("a", former, { told: 9, missed: [] });
  line.event(event("a", 6));
  line.begin("a", turn, { told: 5, missed: [] });
  assert.deepEqual(drained(line), ["a6"]);
});

test("a beginning waits for newer turns, and counts when they fail", () => {
  const line = lineOf();
  const [first, second, third] = [line.open("a"), line.open("a"), line.open("a")];
  line.event(event("a", 2));
  line.begin("a", second, { told: 0, missed: [event("a", 1)] });
  line.begin("a", first, { told: 7, missed: [] });
  assert.equal(line.waiting, 0);
  line.abandon("a", third);
  line.event(event("a", 3));
  assert.deepEqual(drained(line), ["a1", "a2", "a3"]);
});

test("a newer turn that fails first leaves the older one under way", () => {
  const line = lineOf();
  const [first, second] = [line.open("a"), line.open("a")];
  line.abandon("a", second);
  assert.ok(line.has("a"));
  line.event(event("a", 1));
  line.begin("a", first, { told: 0, missed: [] });
  assert.deepEqual(drained(line), ["a1"]);
});

test("when all turns fail a channel that was live has a gap from there, and another one ends", () => {
  const line = lineOf("a");
  line.event(event("a", 1));
  drained(line);
  for (const channel of ["a", "b"]) {
    const [first, second] = [line.open(channel), line.open(channel)];
    line.abandon(channel, first);
    line.abandon(channel, second);
  }
  assert.deepEqual([drained(line), line.channels], [["a!slow>1"], ["a"]]);
});

test("a channel that was closed while it opened does not begin", () => {
  const line = lineOf();
  const former = line.open("a");
  line.close("a");
  line.begin("a", former, { told: 0, missed: [] });
  const turn = line.open("a");
  line.begin("a", former, { told: 0, missed: [event("a", 1)] });
  line.begin("a", turn, { told: 5, missed: [] });
  assert.deepEqual(drained(line), []);
});

test("too many events while a channel opens are a gap behind what could be told", () => {
  const line = lineOf();
  const turn = line.open("a");
  for (let seq = 1; seq <= 9; seq += 1) line.event(event("a", seq));
  line.begin("a", turn, { told: 0, missed: [] });
  assert.deepEqual(drained(line), ["a!slow>0"]);
});

test("of progress and figures only the newest waits, and never beyond the bound", () => {
  const line = lineOf("a");
  const progress = (at: number): Notice & { kind: "progress" } => ({
    ...{ kind: "progress", channel: "a", taskId: "t", progress: at, message: null, at },
  });
  line.latest(progress(0.1));
  line.latest(progress(0.2));
  assert.equal(line.waiting, 1);
  for (let seq = 1; seq <= 5; seq += 1) line.event(event("a", seq));
  line.latest(progress(0.3));
  assert.deepEqual(drained(line), ["a1", "a2", "a3", "a4", "a5", "a~progress"]);
});

test("a closed channel leaves nothing behind", () => {
  const line = lineOf("a", "b");
  line.event(event("a", 1));
  line.event(event("b", 1));
  line.close("a");
  line.event(event("a", 2));
  assert.deepEqual([drained(line), line.channels], [["b1"], ["b"]]);
});
