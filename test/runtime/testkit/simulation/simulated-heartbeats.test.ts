// Members in the simulation: the same machines as on real nodes, in virtual time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type MemberEvent, memberTopic } from "#runtime/cluster/membership/member.ts";
import type { Fault } from "#runtime/testkit/simulation/fault-plan.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import { simulate } from "#runtime/testkit/simulation/simulate.ts";

const ttlMs = 4_000;
/** From the end of a session in the directory until all have heard. */
const noticeMs = 200;

interface Told {
  readonly atMs: number;
  readonly by: string;
  readonly of: string;
  readonly what: string;
}

async function run(
  faults: readonly Fault[],
  seed = 1,
): Promise<{ readonly told: readonly Told[]; readonly checksum: string; readonly up: number }> {
  const told: Told[] = [];
  let up = 0;
  const build = ({ node, now, system }: SimulatedHost): void => {
    system.events.subscribe(memberTopic, (event: MemberEvent) => {
      const what = event.kind === "suspected" ? event.verdict.kind : event.kind;
      told.push({ atMs: now(), by: node.name, of: event.member.node.name, what });
    });
  };
  const result = await simulate({
    ...{ seed, nodes: 4, until: "12s", settle: "6s", network: "lan", faults, checks: [] },
    buggify: [],
    session: { ttlMs, heartbeats: "heard" },
    build,
    verify: (hosts) => {
      for (const { members } of hosts.values()) {
        up += members.all.filter(({ status }) => status === "up").length;
      }
    },
  });
  assert.equal(result.violation, undefined);
  return { told, checksum: JSON.stringify(told), up };
}

const odd = ({ told }: { readonly told: readonly Told[] }): readonly Told[] =>
  told.filter(({ what }) => !["joined", "up", "changed"].includes(what));

test("on a quiet network everybody is up to everybody, and nobody is ever suspected", async () => {
  const quiet = await run([]);
  assert.deepEqual(odd(quiet), []);
  assert.equal(quiet.up, 16);
});

test("a node that stands still is suspected by all others within 2.5 s and trusted again, and the run repeats", async () => {
  const faults = [{ kind: "pause", node: "b", atMs: 5_000, forMs: 2_600 }] as const;
  const first = await run(faults);
  const ofB = odd(first).filter(({ of }) => of === "b");
  const suspected = ofB.filter(({ what }) => !["trusted", "down"].includes(what));
  assert.deepEqual([...new Set(suspected.map(({ by }) => by))].sort(), ["a", "c", "d"]);
  assert(
    suspected.every(({ atMs }) => atMs > 5_000 && atMs < 7_600),
    JSON.stringify(suspected),
  );
  assert.equal(first.checksum, (await run(faults)).checksum);
});

test("a node that crashes is suspected, down when its session is over, and its next life is up everywhere", async () => {
  const faults = [{ kind: "crash", node: "c", atMs: 5_000, downMs: 6_000 }] as const;
  const { told, up } = await run(faults);
  for (const by of ["a", "b", "d"]) {
    const what = told.filter((each) => each.by === by && each.of === "c").map((each) => each.what);
    const inOrder = what.filter((each) => ["joined", "up", "down"].includes(each));
    assert.deepEqual(inOrder, ["joined", "up", "down", "joined", "up"], by);
    const down = told.find((each) => each.by === by && each.of === "c" && each.what === "down");
    assert(
      down && down.atMs > 5_000 && down.atMs <= 5_000 + ttlMs + noticeMs,
      `${by}: ${down?.atMs}`,
    );
    assert(what.indexOf("unreachable") > 1 && what.indexOf("unreachable") < what.indexOf("down"));
  }
  assert.equal(up, 16);
});
