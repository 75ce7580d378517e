// The source's machine by transcript: events in, effects out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { migrationLimits } from "#protocols/cluster/migration.ts";
import { Departure } from "#runtime/cluster/migration/departure.ts";
import type { DepartureSink } from "#runtime/cluster/migration/departure-sink.ts";
import { departureTable } from "#runtime/cluster/migration/departure-table.ts";
import { notMigratable } from "#runtime/cluster/migration/not-migratable.ts";

function begin(revision: number | undefined) {
  const did: string[] = [];
  const clock = { nowMs: 0 };
  let ask = 0;
  const sink: DepartureSink<string, string> = {
    freeze: () => did.push("freeze"),
    stay: ({ epoch, revision: now, postFreeze }) =>
      did.push(`stay ${epoch} at revision ${now} [${postFreeze}]`),
    probe: (aid) => did.push(`probe ${aid}`),
    snapshot: () => ({ origins: [], held: [] }),
    transfer: ({ cargo, fence }) => did.push(`transfer ${cargo} under ${fence}`),
    abort: ({ reason }) => did.push(`abort ${reason}`),
    claim: ({ wanted, expect }, number) => {
      ask = number;
      did.push(`claim ${wanted.node}@${wanted.epoch} for ${expect}`);
    },
    depart: () => did.push("depart"),
    commit: ({ postFreeze, revision: by }) => did.push(`commit [${postFreeze}] by ${by}`),
    fenced: (postFreeze) => did.push(`fenced [${postFreeze}]`),
    unconfirmed: (postFreeze) => did.push(`unconfirmed [${postFreeze}]`),
    reached: () => undefined,
    settled: (outcome) => did.push(outcome === "moved" ? "moved" : `stayed: ${outcome.reason}`),
    now: () => clock.nowMs,
  };
  const name = { migration: 1, aid: "s~1#1", epoch: 4 };
  const order = { ...name, self: "s~1", target: "t~1", revision };
  const departure = new Departure<string, string>(order, sink);
  departure.start();
  const answer = (given: Parameters<typeof departure.answered>[1]): void =>
    departure.answered(ask, given);
  return { departure, did, clock, answer };
}

function waiting() {
  const world = begin(7);
  world.departure.frozen("state", ["b~1#2"]);
  world.did.length = 0;
  return world;
}

test("a move without trouble", () => {
  const { departure, did, answer } = begin(undefined);
  answer({ kind: "put", revision: 7 });
  departure.frozen("state", ["b~1#2"]);
  departure.keep("m");
  departure.prepared();
  departure.probeIn();
  answer({ kind: "put", revision: 9 });
  departure.committed();
  assert.deepEqual(did, [
    "claim s~1@3 for absent",
    "freeze",
    "probe b~1#2",
    "transfer state under 7",
    "claim t~1@4 for 7",
    "depart",
    "commit [m] by 9",
    "moved",
  ]);
  assert.equal(departure.state, "ended");
});

test("a claim whose answer is lost is asked again, and the conflict shows that it was won", () => {
  const { departure, did, clock, answer } = waiting();
  departure.prepared();
  departure.probeIn();
  answer({ kind: "unknown" });
  departure.tick();
  assert.deepEqual(did, ["claim t~1@4 for 7"]);
  clock.nowMs += migrationLimits.claimRetryMs;
  departure.tick();
  const entry = { node: "t~1", epoch: 4, by: "s~1" };
  answer({ kind: "conflict", present: { entry, revision: 9 } });
  assert.deepEqual(did.slice(1, 4), ["claim t~1@4 for 7", "depart", "commit [] by 9"]);
});

test("a claim that somebody else has won ends the actor here", () => {
  const { departure, did, answer } = waiting();
  departure.keep("m");
  departure.prepared();
  departure.probeIn();
  const entry = { node: "t~1", epoch: 4, by: "t~1" };
  answer({ kind: "conflict", present: { entry, revision: 9 } });
  assert.deepEqual(did.slice(1), ["fenced [m]", "stayed: directory_lost"]);
});

test("once the directory was asked, nobody can withdraw the move", () => {
  const { departure, did } = waiting();
  departure.prepared();
  departure.probeIn();
  departure.withdraw("too late");
  assert.deepEqual(did, ["claim t~1@4 for 7"]);
});

test("an aborted move goes on here only after the target has dropped its copy", () => {
  const { departure, did } = waiting();
  departure.keep("m");
  departure.withdraw("changed our minds");
  departure.prepared();
  departure.probeIn();
  assert.deepEqual(did, ["abort withdrawn"]);
  departure.aborted();
  assert.deepEqual(did.slice(1), ["stay 3 at revision 7 [m]", "stayed: withdrawn"]);
});

test("while the target is silent, only a newer revision lets the actor go on", () => {
  const { departure, did, clock, answer } = waiting();
  departure.withdraw("changed our minds");
  clock.nowMs += migrationLimits.dropMsMax;
  departure.tick();
  departure.aborted();
  assert.deepEqual(did, ["abort withdrawn", "claim s~1@3 for 7"]);
  answer({ kind: "put", revision: 8 });
  assert.deepEqual(did.slice(2), ["stay 3 at revision 8 []", "stayed: withdrawn"]);
});

test("a target that goes down while the claim is under way gives the actor back at a newer epoch", () => {
  const { departure, did, answer } = waiting();
  departure.prepared();
  departure.probeIn();
  departure.targetRemoved();
  answer({ kind: "put", revision: 9 });
  answer({ kind: "put", revision: 10 });
  assert.deepEqual(did, [
    "claim t~1@4 for 7",
    "claim s~1@5 for 9",
    "stay 5 at revision 10 []",
    "stayed: target_lost",
  ]);
});

test("a target that goes down before it confirms leaves a report of what went with the commit", () => {
  const { departure, did, answer } = waiting();
  departure.keep("m");
  departure.prepared();
  departure.probeIn();
  answer({ kind: "put", revision: 9 });
  departure.targetRemoved();
  assert.deepEqual(did.slice(-2), ["moved", "unconfirmed [m]"]);
});

test("a handler that does not end in time keeps its actor where it is", () => {
  const { departure, did, clock } = begin(7);
  clock.nowMs = migrationLimits.freezeMsMax;
  departure.tick();
  departure.frozen("late", []);
  assert.deepEqual(did, ["freeze", "stay 3 at revision 7 []", "stayed: handler_overdue"]);
});

test("the engine's reason and the target's reason reach whoever asked", () => {
  const unfit = begin(7);
  unfit.departure.notFreezable(notMigratable("promise_not_piped"));
  assert.equal(unfit.did.at(-1), "stayed: promise_not_piped");
  const refused = waiting();
  refused.departure.refused(notMigratable("protocol_unknown"));
  assert.equal(refused.did.at(-1), "stayed: protocol_unknown");
});

test("a frozen actor keeps a bounded number of messages", () => {
  const { departure } = waiting();
  for (let index = 0; index < migrationLimits.waitingMax; index++) departure.keep("m");
  assert.equal(departure.keep("one more"), false);
});

test("in each state that waits, the end of the target leads on", () => {
  for (const [state, row] of Object.entries(departureTable)) {
    const isSafe = ["voiding", "reclaiming", "ended"].includes(state);
    assert.equal("target-removed" in row, !isSafe, state);
  }
});
