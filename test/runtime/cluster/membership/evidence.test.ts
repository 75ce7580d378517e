import assert from "node:assert/strict";
import { test } from "node:test";
import type { DialKind } from "#protocols/cluster/dial-sight.ts";
import {
  type Hearing,
  judge,
  type Observation,
  type VerdictKind,
} from "#runtime/cluster/membership/evidence.ts";

const dialKinds: readonly (DialKind | "none")[] = [
  "alive",
  "broken",
  "refused",
  "hung_up",
  "unanswered",
  "no_handshake",
  "unwelcome",
  "none",
];
const hearings: readonly Hearing[] = ["yes", "no", "unknown"];

/** Heard at 10,000 ms; dialling shows what it does since 100 ms before or after that. */
function observe(silenceMs: number, dial: DialKind | "none", when: "older" | "newer"): Observation {
  const sinceMs = when === "newer" ? 10_100 : 9_900;
  return {
    nowMs: 10_000 + silenceMs,
    heardMs: 10_000,
    wasHeard: true,
    isSilent: silenceMs >= 2_000,
    intervalMs: 500,
    dials: dial === "none" ? [] : [{ kind: dial, sinceMs }],
    hearsUs: "unknown",
    isHeardByOthers: "unknown",
  };
}

const silent: Readonly<Record<DialKind | "none", readonly [VerdictKind, VerdictKind]>> = {
  // Of the last two: when others do not hear it, and when they do.
  alive: ["blocked", "one_way"],
  broken: ["unreachable", "one_way"],
  refused: ["closed", "closed"],
  hung_up: ["closed", "closed"],
  unanswered: ["unreachable", "one_way"],
  no_handshake: ["frozen", "frozen"],
  unwelcome: ["unreachable", "one_way"],
  none: ["unreachable", "one_way"],
};

test("one that is silent is told apart by its wire and by what others hear", () => {
  for (const dial of dialKinds) {
    for (const when of ["older", "newer"] as const) {
      for (const hearsUs of hearings) {
        for (const isHeardByOthers of hearings) {
          const seen = { ...observe(2_500, dial, when), hearsUs, isHeardByOthers };
          const expected = silent[dial][isHeardByOthers === "yes" ? 1 : 0];
          const { kind, reason } = judge(seen);
          assert.equal(kind, expected, `${dial} ${when} ${hearsUs} ${isHeardByOthers}`);
          assert.match(reason, /no heartbeat for 2500 ms/);
        }
      }
    }
  }
});

const overdue: Readonly<Record<DialKind | "none", VerdictKind>> = {
  alive: "trusted",
  broken: "unreachable",
  refused: "closed",
  hung_up: "trusted",
  unanswered: "unreachable",
  no_handshake: "frozen",
  unwelcome: "trusted",
  none: "trusted",
};

test("one that is overdue is judged by what dialling has shown since, and a refusal counts at once", () => {
  for (const dial of dialKinds) {
    for (const isHeardByOthers of hearings) {
      const seen = { ...observe(900, dial, "newer"), isHeardByOthers };
      const isElsewhere = isHeardByOthers === "yes" && overdue[dial] === "unreachable";
      assert.equal(judge(seen).kind, isElsewhere ? "one_way" : overdue[dial], dial);
      const early = judge({ ...seen, nowMs: 10_300 }).kind;
      assert.equal(early, dial === "refused" ? "closed" : "trusted", `early ${dial}`);
    }
  }
});

test("who was never heard has time to say that it leaves before a refusal counts", () => {
  const seen = { ...observe(900, "refused", "newer"), wasHeard: false };
  assert.equal(judge({ ...seen, nowMs: 10_120 }).kind, "trusted");
  assert.equal(judge({ ...seen, nowMs: 10_150 }).kind, "closed");
});

test("one that is heard is trusted, unless it does not hear us or cannot be reached", () => {
  for (const dial of dialKinds) {
    const isClosedWay = ["refused", "unanswered", "no_handshake"].includes(dial);
    for (const isHeardByOthers of hearings) {
      const seen = { ...observe(200, dial, "older"), isHeardByOthers };
      assert.equal(judge(seen).kind, isClosedWay ? "one_way" : "trusted", dial);
      assert.equal(judge({ ...seen, hearsUs: "no" }).kind, "one_way");
    }
  }
});

test("a way that stands speaks for the process while another way is closed", () => {
  const { dials, ...rest } = observe(2_500, "refused", "newer");
  const seen: Observation = { ...rest, dials: [...dials, { kind: "alive", sinceMs: 1_000 }] };
  assert.equal(judge(seen).kind, "blocked");
  assert.equal(judge({ ...seen, isSilent: false, nowMs: 10_900 }).kind, "trusted");
});

test("one that was never heard is said to be so", () => {
  const seen = { ...observe(2_500, "none", "older"), wasHeard: false };
  assert.match(judge(seen).reason, /no heartbeat in the 2500 ms since it is watched/);
});
