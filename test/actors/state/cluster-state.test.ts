import assert from "node:assert/strict";
import { test } from "node:test";
import { ClusterState } from "#actors/state/cluster-state.ts";
import { stateLimits } from "#protocols/state-limits.ts";
import { machine, stateOn, submission } from "./state-fixture.ts";

test("the calls of the source project find, change and remove nodes and tasks", async (t) => {
  const { state, store } = await stateOn(t);
  const cluster = new ClusterState(state);
  const skills = [{ skill: "inpaint", level: 1, verifiedAt: null }];
  await cluster.add_node({ node: "w1", incarnation: 2, leaseMs: 60_000, skills, ...machine });
  const older = { node: "w1", incarnation: 1, ...machine };
  await assert.rejects(cluster.add_node(older), { code: "conflict" });
  assert.equal((await cluster.get_node("w1"))?.incarnation, 2);
  assert.deepEqual(
    (await cluster.get_online_nodes()).map(({ node }) => node),
    ["w1"],
  );
  assert.equal((await cluster.find_nodes_by_skill("inpaint")).length, 1);
  await assert.rejects(cluster.remove_node("w1"), { code: "conflict" });
  assert.equal(await cluster.remove_node("nobody"), false);

  const task_id = await cluster.add_task(submission({ name: "a" }));
  assert.equal((await cluster.get_task(task_id))?.name, "a");
  await store.amendTask({ taskId: task_id, version: 1, changes: { description: "theirs" } });
  const updated = await cluster.update_task(task_id, { name: "b" });
  assert.deepEqual([updated?.name, updated?.description], ["b", "theirs"]);
  assert.equal(await cluster.update_task("nobody", {}), null);
  assert.equal((await cluster.get_tasks_by_status("pending")).length, 1);
  assert.equal((await cluster.sync_to_database()).isMirrored, null);
  assert.ok((await cluster.refresh_from_database()).nodes === 1);
  assert.equal((await cluster.get_task_stats()).pending, 1);
  assert.equal(await cluster.remove_task(task_id), "removed");
  assert.equal(await cluster.get_task(task_id), null);
});

test("the complete state has all its pages", async (t) => {
  const { state, store } = await stateOn(t);
  const count = 2 * stateLimits.snapshotPageMax + 1;
  await Promise.all(Array.from({ length: count }, () => store.submit(submission())));
  const whole = await new ClusterState(state).get_state();
  assert.deepEqual([whole.tasks.length, whole.next, whole.tasksTotal], [count, null, count]);
});
