// Orders that come late, or twice, to whoever is to carry them out: what has ended does not begin any more.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandBook } from "#nodes/client/command-book.ts";
import { CommandDesk } from "#nodes/client/command-desk.ts";
import { NodeControl } from "#protocols/tasks/control.ts";
import { Queue } from "#protocols/tasks/queue.ts";
import { admin, controlCluster, restart } from "./control-cluster.ts";

type Cluster = Awaited<ReturnType<typeof controlCluster>>;

const order = (commandId: string) =>
  ({ commandId, command: "RESTART_NODE", reason: "new disk" }) as const;

async function begin({ store, time }: Cluster, commandId: string, command = "RESTART_NODE") {
  const issued = { commandId, command, issuedBy: "ada", timeoutMs: 1_000 };
  await time.until(store.beginControl(issued));
  await time.until(store.noteControl({ commandId, step: "delivered" }));
}

/** No sweep is needed for it. */
const timeOut = ({ time }: Cluster): Promise<void> => time.advance(1_100);

const nodeOf = ({ system }: Cluster) =>
  system.refTo(NodeControl, { node: "test", path: "/node-control" });

test("an order to end whose command has timed out, or is not known, does nothing", async () => {
  const cluster = await controlCluster();
  const { left, time, startChannel } = cluster;
  const channel = await startChannel();
  await begin(cluster, "late");
  await timeOut(cluster);
  const node = nodeOf(cluster);
  await assert.rejects(time.until(node.perform(order("late"))), {
    code: "cancelled",
    message: /RESTART_NODE was timed_out before it was begun; issue it anew/,
  });
  await assert.rejects(time.until(node.perform(order("never"))), { code: "not_found" });
  await time.advance(1_000);
  assert.deepEqual(left, []);
  const kept = await time.until(channel.find("late"));
  assert.deepEqual([kept?.status, kept?.acknowledgedAt], ["timed_out", null]);
  const next = await time.until(channel.command(restart("next"), admin));
  assert.equal(next.status, "completed");
  await time.advance(1_000);
  assert.deepEqual(left, ["come-back"]);
});

test("an order in time is acknowledged before it is done, once, however often it comes", async () => {
  const cluster = await controlCluster();
  const { left, time, startChannel } = cluster;
  const channel = await startChannel();
  await begin(cluster, "r");
  const node = nodeOf(cluster);
  const done = await time.until(Promise.all([1, 2].map(() => node.perform(order("r")))));
  assert.deepEqual(
    done.map(({ isRepeated }) => isRepeated),
    [false, true],
  );
  assert.equal((await time.until(channel.find("r")))?.status, "acknowledged");
  // Begun in time: what comes then is told so, and is not done again.
  await timeOut(cluster);
  assert.equal((await time.until(node.perform(order("r")))).isRepeated, true);
  assert.deepEqual(left, ["come-back"]);
});

test("an order is not carried out while no channel says that it is open, and is when one does", async () => {
  const cluster = await controlCluster();
  const { left, time, startChannel, system } = cluster;
  const node = nodeOf(cluster);
  await assert.rejects(time.until(node.perform(order("r"))), { code: "unavailable" });
  const channel = await startChannel();
  await begin(cluster, "r");
  await time.until(node.perform(order("r")));
  await time.advance(1_000);
  assert.deepEqual(left, ["come-back"]);
  await time.until(system.stopActor(channel));
});

test("a handler is not called for a command of its own that has timed out", async () => {
  const cluster = await controlCluster();
  const { system, time, startChannel } = cluster;
  await startChannel();
  const called: string[] = [];
  const book = new CommandBook();
  const handler = ({ commandId }: { readonly commandId: string }) => void called.push(commandId);
  book.add("LIGHT", { handler, scope: "control" });
  const desk = system.spawn(CommandDesk, book);
  await begin(cluster, "late", "LIGHT");
  await timeOut(cluster);
  await begin(cluster, "soon", "LIGHT");
  const terms = { command: "LIGHT", node: null, taskId: null, parameters: {}, by: "ada" };
  const late = time.until(desk.handle({ ...terms, commandId: "late" }));
  await assert.rejects(late, { code: "cancelled" });
  await time.until(desk.handle({ ...terms, commandId: "soon" }));
  assert.deepEqual(called, ["soon"]);
});

test("a task is not cancelled by a command that has timed out, and is by one that is open", async () => {
  const cluster = await controlCluster();
  const { store, system, time } = cluster;
  const queue = await time.until(system.lookup(Queue, "queue"));
  const { taskId } = await time.until(
    queue.submit({ type: "inpaint", model: "lama", parameters: {}, inputs: [] }),
  );
  const cancel = { taskId, reason: "not needed", by: "ada" };
  await begin(cluster, "late", "CANCEL_TASK");
  await timeOut(cluster);
  const late = time.until(queue.cancel({ ...cancel, commandId: "late" }));
  await assert.rejects(late, { code: "cancelled" });
  assert.equal((await time.until(queue.view(taskId)))?.status, "pending");
  await begin(cluster, "soon", "CANCEL_TASK");
  const soon = { ...cancel, commandId: "soon" };
  assert.equal((await time.until(queue.cancel(soon))).kind, "cancelled");
  assert.notEqual((await time.until(store.control("soon")))?.acknowledgedAt, null);
  assert.equal((await time.until(queue.cancel(soon))).kind, "ended");
});
