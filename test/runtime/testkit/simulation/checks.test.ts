import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accounting,
  atMostOnce,
  type Check,
  checkHistory,
  deadLettersCounted,
  type HistoryEvent,
  inOrder,
  noGap,
  nothingVanishes,
  type Occurrence,
  oneInstance,
  oneOutcome,
  restartsBounded,
  terminatedOnce,
} from "#runtime/testkit/index.ts";

type Seen = Occurrence & {
  readonly atMs?: number;
  readonly node?: string;
  readonly incarnation?: number;
};

/** A history on node `a`, unless an event says otherwise. */
const historyOf = (seen: readonly Seen[]): readonly HistoryEvent[] =>
  seen.map((occurrence, index) => ({
    ...{ atMs: index, node: "a", incarnation: 1, id: index + 1 },
    ...occurrence,
  }));

const started: Seen = { kind: "node-started" };
const stream = "a>b/notes";
const sent = (sequence: number): Seen => ({ kind: "sent", stream, sequence });
const handled = (sequence: number, receiver = "b~1/actor#1"): Seen => ({
  ...{ kind: "handled", stream, sequence, receiver, node: "b" },
});
const lost = (sequence: number): Seen => ({ kind: "lost", stream, sequence });
const dead: Seen = { kind: "dead", to: "/actor", method: "note", code: "not_found", node: "b" };
const asked: Seen = { kind: "asked", ask: "1" };
const answered: Seen = { kind: "answered", ask: "1", outcome: "value" };
const watched: Seen = { kind: "watched", watch: "1", watcher: "a~1/w#1", subject: "b~z/s#2" };
const terminated: Seen = { kind: "terminated", watch: "1" };
const ended = (actor: string): Seen => ({ kind: "ended", actor, how: "stopped" });
const restarted: Seen = { kind: "restarted", actor: "a~1/x#1", supervisor: "a~1/" };
const calm = { beyond: [], forged: 0, refused: 0 };
const counts = (sent: number, letters: number): Seen => ({
  kind: "counts",
  counts: { ...calm, sent, processed: 2, queued: 1, dead: 1, inFlight: 1, letters },
});

type Case = readonly [check: Check, seen: readonly Seen[], broken: RegExp | undefined];
const bounded = restartsBounded({ restartsMax: 2, withinMs: 10 });

const cases: Readonly<Record<string, Case>> = {
  "in order": [inOrder, [sent(1), sent(2), handled(1), handled(2)], undefined],
  "out of order": [inOrder, [sent(1), sent(2), handled(2), handled(1)], /handled 1 after 2/],
  "another life may begin earlier": [inOrder, [handled(2), handled(1, "b~1/actor#2")], undefined],
  "once each": [atMostOnce, [sent(1), handled(1), sent(2), handled(2)], undefined],
  twice: [atMostOnce, [sent(1), handled(1), handled(1)], /1 was handled twice/],
  "by two lives": [atMostOnce, [sent(1), handled(1), handled(1, "x")], /1 was handled twice/],
  "never sent": [atMostOnce, [sent(1), handled(2)], /2 was handled and never sent/],
  "a stream with a hole": [atMostOnce, [sent(1), sent(3)], /must send 2 next, not 3/],
  "a gap": [noGap, [handled(1), handled(3)], /2 was passed over/],
  "a gap that was told of later": [noGap, [handled(1), handled(3), lost(2)], undefined],
  "a gap between two lives": [noGap, [handled(1), handled(3, "b~1/actor#2")], undefined],
  "all accounted for": [
    nothingVanishes("note"),
    [started, sent(1), sent(2), sent(3), handled(1), lost(2), dead],
    undefined,
  ],
  "one vanishes": [nothingVanishes("note"), [started, sent(1)], /1 was neither handled/],
  "its node has died": [
    nothingVanishes("note"),
    [started, sent(1), { kind: "node-ended", how: "crash", node: "b" }],
    undefined,
  ],
  "one outcome": [oneOutcome(), [started, asked, answered], undefined],
  "two outcomes": [oneOutcome(), [asked, answered, answered], /answered twice/],
  "an answer to nothing": [oneOutcome(), [answered], /never asked/],
  "no outcome": [oneOutcome(), [started, asked], /has no outcome/],
  "still in time": [oneOutcome(10), [started, asked, { ...dead, atMs: 11 }], undefined],
  "out of time": [oneOutcome(10), [started, asked, { ...dead, atMs: 12 }], /has no outcome/],
  "too late": [oneOutcome(10), [asked, { ...answered, atMs: 11 }], /took 11 ms, more than 10/],
  "nobody left to hear": [
    oneOutcome(),
    [started, asked, { kind: "node-ended", how: "crash" }],
    undefined,
  ],
  "an end heard once": [
    terminatedOnce,
    [started, watched, ended("b~z/s#2"), terminated],
    undefined,
  ],
  "heard twice": [terminatedOnce, [watched, terminated, terminated], /hears twice/],
  "heard without a watch": [terminatedOnce, [terminated], /does not watch/],
  "heard after unwatching": [
    terminatedOnce,
    [watched, { kind: "unwatched", watch: "1" }, terminated],
    /does not watch/,
  ],
  "never heard": [terminatedOnce, [started, watched, ended("b~z/s#2")], /never heard/],
  "never heard of a node": [
    terminatedOnce,
    [started, watched, { kind: "node-ended", how: "crash", node: "b", incarnation: 35 }],
    /never heard/,
  ],
  "the watcher has ended": [
    terminatedOnce,
    [started, watched, ended("b~z/s#2"), ended("a~1/w#1")],
    undefined,
  ],
  "as many restarts as allowed": [bounded, [restarted, restarted], undefined],
  "one restart too many": [bounded, [restarted, restarted, restarted], /restarted 3 times/],
  "restarts far enough apart": [
    bounded,
    [restarted, restarted, { ...restarted, atMs: 10 }],
    undefined,
  ],
  "one instance": [
    oneInstance,
    [
      { kind: "began", actor: "x" },
      { kind: "over", actor: "x" },
      { kind: "began", actor: "x" },
    ],
    undefined,
  ],
  "two instances": [
    oneInstance,
    [
      { kind: "began", actor: "x" },
      { kind: "began", actor: "x" },
    ],
    /begins twice at a time/,
  ],
  "over before it began": [oneInstance, [{ kind: "over", actor: "x" }], /had not begun/],
  "an even account": [accounting, [counts(5, 0)], undefined],
  "an uneven account": [accounting, [counts(6, 0)], /a: 6 sent, but 2 processed/],
  "letters as counted": [deadLettersCounted, [{ ...dead, node: "a" }, counts(5, 1)], undefined],
  "a letter that nobody reported": [deadLettersCounted, [counts(5, 1)], /counts 1 .* reported 0/],
};

for (const [name, [check, seen, broken]] of Object.entries(cases)) {
  test(`${check().name}: ${name}`, () => {
    const violation = checkHistory(historyOf(seen), [check]);
    if (broken) assert.match(violation?.statement ?? "nothing is wrong", broken);
    else assert.equal(violation, undefined);
    if (violation) assert.ok(violation.events.length > 0, "it shows the events");
  });
}
