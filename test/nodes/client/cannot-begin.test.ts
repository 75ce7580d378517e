// What happens to a process's place in the cluster when that which is to live in its node cannot begin.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { checkedTerms } from "#nodes/client/client-terms.ts";
import { ClusterConnection } from "#nodes/client/cluster-connection.ts";
import { Failure } from "#protocols/failure.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { type StartedNode, startSystem } from "#runtime/start-system.ts";

const log = { write: () => {} };
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

async function directorOf(context: TestContext): Promise<StartedNode> {
  const director = await startSystem({
    node: { name: "control", incarnation: nodeClock.wall() },
    ...{ bind: "tcp://127.0.0.1:*", director: "control", peers: new Map(), protocols: [], log },
  });
  context.after(() => director.system.shutdown());
  await director.session.opened;
  return director;
}

/** A life that nobody ended any more would keep the test from ending, too. */
async function gone(director: StartedNode, name: string): Promise<void> {
  while (director.members.find(name) !== undefined) await soon();
}

test("where the first life cannot begin, joining fails with the reason and leaves no node", {
  timeout: 20_000,
}, async (context) => {
  const director = await directorOf(context);
  const terms = checkedTerms({ director: director.address, name: "lamp" });
  const joined = (): void => {
    throw new Error("no bulb");
  };
  await assert.rejects(ClusterConnection.open({ terms, joined }), /no bulb/);
  await gone(director, "lamp");
});

for (const kind of ["throws", "rejects"] as const) {
  test(`a later life that cannot begin as its function ${kind} is ended, and is the last`, {
    timeout: 20_000,
  }, async (context) => {
    const director = await directorOf(context);
    const terms = checkedTerms({ director: director.address, name: "lamp" });
    let lives = 0;
    const joined = (): undefined | Promise<void> => {
      lives += 1;
      if (lives === 1) return undefined;
      if (kind === "rejects") return Promise.reject(new Error("no bulb"));
      throw new Error("no bulb");
    };
    const connection = await ClusterConnection.open({ terms, joined });
    const closed = new Promise((resolve) => connection.closed.addEventListener("abort", resolve));
    await connection.rejoin().catch(() => {});
    await closed;
    await gone(director, "lamp");
    assert.equal(lives, 2);
    assert.equal(connection.over.code, "cancelled");
    assert.match(connection.over.detail, /no bulb; mend `joined`, then join again/);
    assert.throws(() => connection.node, Failure);
    await connection.close();
  });
}
