import assert from "node:assert/strict";
import { test } from "node:test";
import { membershipLimits } from "#protocols/cluster/membership-limits.ts";
import type { Verdict } from "#runtime/cluster/membership/evidence.ts";
import { Membership } from "#runtime/cluster/membership/membership.ts";
import {
  commonVerdict,
  readSuspects,
  SuspicionVotes,
  suspectsValue,
} from "#runtime/cluster/membership/suspicion-votes.ts";

const frozen: Verdict = { kind: "frozen", reason: "nobody greets" };
const blocked: Verdict = { kind: "blocked", reason: "its connections stand" };
const node = { name: "z", incarnation: 35 };

test("votes count for whom they name, until they are taken back", () => {
  const votes = new SuspicionVotes();
  assert.deepEqual(votes.put("a", new Map()), []);
  assert.deepEqual(votes.put("a", new Map([["z~z", frozen]])), ["z~z"]);
  votes.put("b", new Map([["y~1", frozen]]));
  assert.deepEqual(
    votes.of(node).map(({ by }) => by),
    ["a"],
  );
  assert.deepEqual(votes.put("a", new Map([["y~1", blocked]])), ["z~z", "y~1"]);
  assert.deepEqual(votes.of(node), []);
  assert.equal(votes.of({ name: "y", incarnation: 1 }).length, 2);
});

test("more than half of those that watch it must say so; what most say is the verdict", () => {
  const said = (...verdicts: readonly Verdict[]) =>
    verdicts.map((verdict, index) => ({ by: `n${index}`, verdict }));
  assert.equal(commonVerdict([], 0), undefined);
  assert.equal(commonVerdict(said(frozen, frozen), 5), undefined);
  assert.equal(commonVerdict(said(frozen), 2), undefined);
  assert.equal(commonVerdict(said(frozen), 1)?.kind, "frozen");
  const common = commonVerdict(said(frozen, blocked, blocked), 5);
  assert.equal(common?.kind, "blocked");
  assert.match(common?.reason ?? "", /^3 of 5 that watch it say so; n1: its connections stand$/);
});

test("suspects travel with the state of a session; what cannot be read says nothing", () => {
  assert.equal(suspectsValue(new Map()), undefined);
  const long = { kind: "frozen", reason: "x".repeat(1_000) } as const;
  const all = Array.from({ length: 40 }, (_, index) => [`n${index}~1`, long] as const);
  const told = readSuspects(suspectsValue(new Map(all)));
  assert.equal(told.size, membershipLimits.suspectsMax);
  assert.equal(told.get("n0~1")?.reason.length, membershipLimits.reasonLengthMax);
  for (const odd of [null, 1, "x", [], { a: null }, { "a~1": { verdict: "rude", why: "x" } }]) {
    assert.equal(readSuspects(odd).size, 0, JSON.stringify(odd));
  }
  const trusted = { "a~1": { verdict: "trusted", why: "x" }, "b~1": { verdict: "frozen" } };
  assert.equal(readSuspects(trusted).size, 0);
});

test("a node believes itself about whom it watches, the others about the rest, and nobody whom it suspects", () => {
  const told: string[] = [];
  const membership = new Membership(({ kind, member }) => {
    if (kind === "suspected" || kind === "trusted") told.push(`${member.node.name} ${kind}`);
  }, 3);
  const join = (name: string, suspects: readonly string[] = []): void => {
    const said = suspects.map((of) => [`${of}~1`, { verdict: "frozen", why: "nobody greets" }]);
    const state = { suspects: Object.fromEntries(said) };
    membership.put({
      key: `nodes/${name}`,
      value: { incarnation: 1, record: { heartbeats: `at ${name}` }, state },
      revision: 1,
      createdRevision: 1,
    });
  };
  for (const name of ["a", "b", "c", "d", "e", "z"]) join(name);
  const z = { name: "z", incarnation: 1 };
  join("a", ["z"]);
  assert.deepEqual(told, []);
  join("b", ["z"]);
  assert.deepEqual(told, ["z suspected"]);
  assert.match(membership.get("z")?.why ?? "", /2 of 3/);
  // This node watches it now, and hears it.
  membership.judged(z, { kind: "trusted", reason: "its heartbeats come" });
  assert.deepEqual(told, ["z suspected", "z trusted"]);
  membership.watching(new Set());
  assert.deepEqual(told.slice(2), ["z suspected"]);
  // One of those that said so is not to be believed itself.
  membership.judged({ name: "b", incarnation: 1 }, blocked);
  assert.deepEqual(told.slice(3), ["b suspected", "z trusted"]);
  join("c", ["z"]);
  assert.deepEqual(told.slice(5), ["z suspected"]);
  membership.removed({ ...entryOf("c"), value: { incarnation: 1, record: null, state: null } });
  assert.deepEqual(told.slice(6), ["z trusted"]);
});

const entryOf = (name: string) => ({
  key: `nodes/${name}`,
  revision: 1,
  createdRevision: 1,
});
