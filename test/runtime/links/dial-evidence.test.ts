import assert from "node:assert/strict";
import { test } from "node:test";
import type { DialKind } from "#protocols/cluster/dial-sight.ts";
import { type DialEventName, DialEvidence } from "#runtime/links/dial-evidence.ts";
import { RunningTime } from "#runtime/links/running-time.ts";

type Step = readonly [atMs: number, event: DialEventName];

/** What is seen at each change, looked at every 10 ms. */
function seen(steps: readonly Step[], untilMs: number): readonly string[] {
  const evidence = new DialEvidence(250);
  const changes: string[] = [];
  const left = [...steps];
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 1) {
    while (left[0] && left[0][0] === nowMs) evidence.saw(left.shift()?.[1] ?? "connect", nowMs);
    const sight = evidence.look(nowMs);
    const text = sight && `${sight.kind} ${sight.sinceMs}`;
    if (text !== undefined && text !== changes.at(-1)) changes.push(text);
  }
  return changes;
}

const connected: readonly Step[] = [
  [3, "connect:delay"],
  [3, "connect"],
  [4, "handshake"],
];

// As recorded from real processes.
const recorded: Readonly<
  Record<string, { readonly steps: readonly Step[]; readonly sees: readonly string[] }>
> = {
  "a process that runs": { steps: connected, sees: ["alive 4"] },
  "a process that is killed": {
    steps: [
      ...connected,
      [604, "disconnect"],
      [701, "connect:delay"],
      [701, "close"],
      [761, "connect:delay"],
      [762, "close"],
    ],
    sees: ["alive 4", "broken 604", "refused 701"],
  },
  "a port that nobody listens at": {
    steps: [
      [6, "connect:delay"],
      [6, "close"],
      [66, "connect:delay"],
      [66, "close"],
    ],
    sees: ["refused 6"],
  },
  "a process that is stopped, and continued after five seconds": {
    steps: [
      ...connected,
      [1506, "disconnect"],
      [1581, "connect:delay"],
      [1581, "connect"],
      [3582, "handshake:error:other"],
      [3582, "disconnect"],
      [3674, "connect:delay"],
      [3674, "connect"],
      [5676, "handshake:error:other"],
      [5676, "disconnect"],
      [5762, "connect:delay"],
      [5762, "connect"],
      [6104, "handshake"],
    ],
    sees: ["alive 4", "broken 1506", "no_handshake 1831", "alive 6104"],
  },
  "a machine that answers nothing": {
    steps: [
      [1, "connect:delay"],
      [501, "close"],
      [583, "connect:delay"],
      [1084, "close"],
      [1182, "connect:delay"],
    ],
    sees: ["unanswered 251"],
  },
  "one that takes connections and hangs up": {
    steps: [
      [3, "connect:delay"],
      [3, "connect"],
      [9, "handshake:error:other"],
      [9, "disconnect"],
      [65, "connect:delay"],
      [65, "connect"],
      [70, "handshake:error:other"],
      [70, "disconnect"],
    ],
    sees: ["hung_up 9"],
  },
  "one that takes the connection and says nothing": {
    steps: [
      [2, "connect:delay"],
      [2, "connect"],
    ],
    sees: ["no_handshake 252"],
  },
  "one that refuses the key": {
    steps: [
      [2, "connect:delay"],
      [2, "connect"],
      [5, "handshake:error:auth"],
      [5, "disconnect"],
    ],
    sees: ["unwelcome 5"],
  },
};

for (const [what, { steps, sees }] of Object.entries(recorded)) {
  test(`${what} is seen as what it is`, () => {
    assert.deepEqual(seen(steps, 6_500), sees);
  });
}

test("nothing is seen before anything was, and a socket that is given up alive counts as broken", () => {
  const evidence = new DialEvidence();
  assert.equal(evidence.look(1_000), undefined);
  evidence.ended(1_000);
  assert.equal(evidence.look(1_000), undefined);
  for (const [atMs, event] of connected) evidence.saw(event, 2_000 + atMs);
  evidence.ended(2_500);
  const broken: { kind: DialKind; sinceMs: number } = { kind: "broken", sinceMs: 2_500 };
  assert.deepEqual(evidence.look(9_000), broken);
});

test("a clock of running time stands still with the event loop", () => {
  const time = new RunningTime(100);
  assert.deepEqual(
    [0, 50, 100, 5_100, 5_150, 5_140].map((nowMs) => time.now(nowMs)),
    [0, 50, 100, 200, 250, 250],
  );
});
