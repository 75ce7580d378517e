import assert from "node:assert/strict";
import { test } from "node:test";
import { OrphanRecovery } from "#runtime/cluster/migration/orphan-recovery.ts";

function begin(peers: readonly string[]) {
  const did: string[] = [];
  let ask = 0;
  const orphan = { self: "t~1", source: "s~1", epoch: 4, fence: 7 };
  const recovery = new OrphanRecovery(orphan, {
    sever: (peer) => did.push(`sever ${peer}`),
    claim: ({ wanted, expect }, number) => {
      ask = number;
      did.push(`claim ${wanted.node}@${wanted.epoch} for ${expect}`);
    },
    severedByAll: () => undefined,
    recovered: (revision) => did.push(`recovered by ${revision}`),
    voided: () => did.push("void"),
    now: () => 0,
  });
  recovery.start(peers);
  const answer = (given: Parameters<typeof recovery.answered>[1]): void =>
    recovery.answered(ask, given);
  return { recovery, did, answer };
}

test("nothing is claimed before every other node has dropped the source, or is gone itself", () => {
  const { recovery, did, answer } = begin(["a~1", "b~1"]);
  recovery.severed("a~1");
  recovery.severed("a~1");
  assert.deepEqual(did, ["sever a~1", "sever b~1"]);
  recovery.severed("b~1");
  assert.equal(did.at(-1), "claim t~1@4 for 7");
  answer({ kind: "put", revision: 9 });
  assert.equal(did.at(-1), "recovered by 9");
});

test("where the source had made this node the owner before it died, that is what is claimed", () => {
  const { did, answer } = begin([]);
  const entry = { node: "t~1", epoch: 4, by: "s~1" };
  answer({ kind: "conflict", present: { entry, revision: 8 } });
  answer({ kind: "put", revision: 9 });
  assert.deepEqual(did, ["claim t~1@4 for 7", "claim t~1@4 for 8", "recovered by 9"]);
});

test("a source that took the actor back, and an entry that is gone, void the copy", () => {
  for (const present of [{ entry: { node: "s~1", epoch: 5, by: "s~1" }, revision: 9 }, undefined]) {
    const { recovery, did, answer } = begin([]);
    answer(present ? { kind: "conflict", present } : { kind: "conflict" });
    assert.equal(did.at(-1), "void");
    assert.equal(recovery.state, "ended");
  }
});
