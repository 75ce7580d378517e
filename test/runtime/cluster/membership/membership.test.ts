import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Change, Entry, PlainValue } from "#protocols/cluster/directory-data.ts";
import type { Verdict } from "#runtime/cluster/membership/evidence.ts";
import type { MemberEvent } from "#runtime/cluster/membership/member.ts";
import { Membership } from "#runtime/cluster/membership/membership.ts";
import { TableDirectory } from "../directory/table-directory.ts";

const entry = (name: string, incarnation: number, state: PlainValue = null): Entry => ({
  key: `nodes/${name}`,
  value: { incarnation, record: { role: "worker" }, state },
  revision: 1,
  createdRevision: 1,
  session: { name, incarnation },
});

function observer(): { readonly membership: Membership; readonly told: string[] } {
  const told: string[] = [];
  const membership = new Membership(({ kind, member: { node } }: MemberEvent) => {
    told.push(`${kind} ${node.name}~${node.incarnation}`);
  });
  return { membership, told };
}

const blocked: Verdict = { kind: "blocked", reason: "for a test" };
const trusted: Verdict = { kind: "trusted", reason: "for a test" };

test("a member joins, is up, changes, leaves, is down; each once", () => {
  const { membership, told } = observer();
  const states = [{ status: "joining" }, null, { load: 1 }, { load: 1 }, { status: "leaving" }];
  for (const state of states) membership.put(entry("a", 1, state));
  membership.put(entry("a", 1));
  assert.equal(membership.get("a")?.status, "leaving");
  for (let twice = 0; twice < 2; twice += 1) membership.removed(entry("a", 1));
  const changes = ["joined", "up", "changed", "leaving", "changed", "down"];
  assert.deepEqual(
    told,
    changes.map((kind) => `${kind} a~1`),
  );
  assert.deepEqual(membership.members, []);
});

test("a higher incarnation ends the one before it; a lower, equal or ended one is nothing", () => {
  const { membership, told } = observer();
  for (const incarnation of [2, 1, 3]) membership.put(entry("a", incarnation));
  membership.removed(entry("a", 2));
  assert.equal(membership.get("a")?.node.incarnation, 3);
  membership.removed(entry("a", 3));
  for (const incarnation of [3, 2]) membership.put(entry("a", incarnation));
  assert.deepEqual(told, ["joined a~2", "up a~2", "down a~2", "joined a~3", "up a~3", "down a~3"]);
  assert.equal(membership.isDown({ name: "a", incarnation: 3 }), true);
  assert.equal(membership.isDown({ name: "a", incarnation: 4 }), false);
});

test("a verdict makes a member suspect and nothing else, until it is taken back or the member is down", () => {
  const { membership, told } = observer();
  membership.judged({ name: "a", incarnation: 1 }, blocked);
  membership.put(entry("a", 1));
  const node = { name: "a", incarnation: 1 };
  for (const verdict of [trusted, blocked, { ...blocked, reason: "longer" }]) {
    membership.judged(node, verdict);
  }
  assert.equal(membership.get("a")?.status, "suspect");
  assert.match(membership.get("a")?.why ?? "", /^blocked: for a test$/);
  membership.judged({ name: "a", incarnation: 2 }, trusted);
  membership.put(entry("a", 1, { load: 2 }));
  assert.equal(membership.get("a")?.status, "suspect");
  membership.judged(node, trusted);
  assert.equal(membership.get("a")?.status, "up");
  membership.judged(node, blocked);
  membership.removed(entry("a", 1));
  membership.judged(node, trusted);
  const kinds = ["joined", "up", "suspected", "changed", "trusted", "suspected", "down"];
  assert.deepEqual(
    told,
    kinds.map((kind) => `${kind} a~1`),
  );
});

test("an entry that tells of no session changes nothing", () => {
  const { membership, told } = observer();
  const good = entry("a", 1);
  const values = [null, 7, "x", [], {}, { incarnation: 0 }, { incarnation: "1" }];
  for (const value of values) membership.put({ ...good, value });
  for (const key of ["nodes/", "nodes/a b", "names/a", "nodes/a/b"])
    membership.put({ ...good, key });
  assert.deepEqual(told, []);
});

/** What a directory does with random calls, and what it tells of it. */
async function history(calls: readonly (readonly [number, number, number])[]): Promise<Change[]> {
  const directory = new TableDirectory();
  const changes: Change[] = [];
  directory.watch("nodes/", { changed: (told) => changes.push(...told), lost: () => {} });
  await Promise.resolve();
  for (const [act, who, incarnation] of calls) {
    const node = { name: `n${who}`, incarnation };
    const open = { node, ttlMs: 1_000, record: { who }, predecessor: "gone" } as const;
    const call =
      act === 0
        ? directory.open(open)
        : act === 1
          ? directory.renew(node, { state: { load: incarnation } })
          : act === 2
            ? directory.close(node)
            : undefined;
    await call?.catch(() => {});
    if (!call) {
      directory.nowMs += 700;
      directory.look();
    }
  }
  return changes;
}

const anyCalls = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 1, max: 6 }),
  ),
  { maxLength: 60 },
);

const apply = (membership: Membership, change: Change): void => {
  if (change.kind === "put") membership.put(change.entry);
  else membership.removed(change.entry);
};

test("whatever the history, all observers end with the same members, and no incarnation comes back", async () => {
  const property = fc.asyncProperty(anyCalls, fc.nat(), async (calls, salt) => {
    const changes = await history(calls);
    const [plain, suspicious] = [observer(), observer()];
    for (const [index, change] of changes.entries()) {
      apply(plain.membership, change);
      // The other hears some things twice, and holds opinions.
      apply(suspicious.membership, change);
      const again = changes[(index * 7 + salt) % (index + 1)];
      if (again?.kind === "removed") apply(suspicious.membership, again);
      const node = change.entry.session ?? { name: "n0", incarnation: 1 };
      suspicious.membership.judged(node, (index + salt) % 3 === 0 ? blocked : trusted);
    }
    const ends = [plain, suspicious].map(({ membership }) =>
      membership.members.map(({ node, record, state }) => ({ node, record, state })),
    );
    assert.deepEqual(ends[1], ends[0]);
    for (const { told } of [plain, suspicious]) {
      const once = told.filter((text) => /^(joined|up|leaving|down) /.test(text));
      assert.equal(new Set(once).size, once.length, once.join(", "));
      for (const [index, text] of told.entries()) {
        if (!text.startsWith("down ")) continue;
        assert(!told.slice(index + 1).some((later) => later.endsWith(text.slice(5))), text);
      }
    }
  });
  await fc.assert(property, { numRuns: 200 });
});
