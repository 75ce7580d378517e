// Programs outside of the topology take part in a cluster of real processes: one in this process, others
// in processes of their own.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { connectCluster, type Followed, type Following } from "#nodes/client/index.ts";
import { Failure } from "#protocols/failure.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import type { TaskLease } from "#protocols/tasks/task.ts";
import { runCommandLine } from "../../nodes/cli/command-line.ts";
import { ClientProcess } from "./client-process.ts";
import { ClusterProcess } from "./cluster-process.ts";

async function started(context: TestContext) {
  const ends: (() => Promise<void>)[] = [];
  context.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const scope = { after: (end: () => Promise<void>) => void ends.push(end) };
  const cluster = await ClusterProcess.start(scope, { workers: 1, slots: 1, control: "machine" });
  const terms = { director: cluster.directorAddress, scopes: ["admin" as const] };
  const client = await connectCluster(terms);
  ends.push(() => client.close());
  return { cluster, client, scope };
}

const failsWith = (code: string, text: RegExp) => (cause: unknown) => {
  assert.equal(Failure.of(cause).code, code);
  assert.match(Failure.of(cause).detail, text);
  return true;
};

const errand = (name: string) => ({
  ...{ type: "errand", model: "errands", name, parameters: {}, inputs: [] },
});

async function nextEvent(following: Following): Promise<Extract<Followed, { kind: "event" }>> {
  for (;;) {
    const { value, done } = await following.next();
    assert.equal(done, false, "the follower ended early");
    if (value?.kind === "event") return value;
  }
}

test("a program outside of the topology takes part in a cluster", {
  timeout: 240_000,
}, async (context) => {
  const { cluster, client, scope } = await started(context);
  const troupe = async (...words: readonly string[]) => {
    let said = "";
    const write = (text: string): void => {
      said += text;
    };
    const io = { out: write, err: write, isTerminal: false, columns: 80 };
    const at = ["--at", cluster.controlAddress, "--json"];
    const exitCode = await runCommandLine(["control", ...words, ...at], io);
    return { exitCode, said };
  };
  /** What a worker of one's own does: it takes the task that waits. */
  const claimed = async (): Promise<TaskLease> => {
    const store = await client.system.lookup(Store, "store");
    const { name: node, incarnation } = client.system.node;
    const [lease] = await store.claim({ node, incarnation, models: ["errands"], max: 1 });
    assert.ok(lease, "nothing was to be claimed");
    return lease;
  };

  await context.test("a task is described, worked on and completed, and watched", async () => {
    const { taskId } = await client.submit(errand("shopping"));
    const watched = await client.watchTask(taskId);
    const described = await client.updateTaskStatus(taskId, { metadata: { for: "Ada" } });
    assert.equal(described.task?.version, 2);
    const stale = client.updateTaskStatus(taskId, { name: "none", version: 1 });
    await assert.rejects(stale, failsWith("conflict", /version 2 by now, not 1/));
    const lease = await claimed();
    const half = await client.updateTaskStatus(taskId, { lease, progress: 0.5, message: "half" });
    assert.deepEqual([half.outcome, half.task?.progress], ["changed", 0.5]);
    const most = await client.updateTaskStatus(taskId, { lease, progress: 0.9, message: "most" });
    assert.deepEqual([most.outcome, most.task?.progress], ["changed", 0.9]);
    const result = { figures: { eggs: 12 }, files: [] };
    const done = await client.updateTaskStatus(taskId, { lease, status: "completed", result });
    assert.equal(done.task?.status, "completed");
    const types: string[] = [];
    for await (const item of watched) if (item.kind === "event") types.push(item.type);
    assert.deepEqual(
      types.filter((type) => type !== "progress"),
      [...["submitted", "amended", "running", "completed"]],
    );
    const outcome = await client.outcome(taskId);
    assert.ok(outcome.status === "completed" && outcome.result.figures["eggs"] === 12);
    const again = client.updateTaskStatus(taskId, { lease, progress: 0.9 });
    await assert.rejects(again, failsWith("conflict", /is completed, which it stays/));
  });

  await context.test("what a task cannot become is refused by name", async () => {
    const { taskId } = await client.submit(errand("refused"));
    const lease = { taskId, fence: 1, epoch: "none" };
    const result = { figures: {}, files: [] };
    const failure = { code: "x", detail: "y", class: "model" as const };
    const refusals = [
      [{ status: "running" }, "conflict", /a worker's claim makes it so; allowed are completed/],
      [{ status: "completed", lease, result }, "conflict", /pending.*may become running, evicted/],
      [{ status: "failed", failure }, "invalid", /add the lease of its run; none was given/],
      [{ lease, progress: 0.1 }, "conflict", /only running tasks progress/],
      [{ name: "a", status: "cancelled" }, "invalid", /name cannot go with cancel/],
      [{}, "invalid", /it says nothing/],
    ] as const;
    for (const [update, code, text] of refusals) {
      await assert.rejects(client.updateTaskStatus(taskId, update), failsWith(code, text));
    }
    const nobody = client.updateTaskStatus("nobody", { status: "cancelled" });
    await assert.rejects(nobody, failsWith("not_found", /no task nobody/));
    assert.equal((await client.task(taskId))?.version, 1);
    const cancelled = await client.updateTaskStatus(taskId, { status: "cancelled", reason: "ok" });
    assert.deepEqual([cancelled.outcome, cancelled.task?.status], ["changed", "cancelled"]);
  });

  await context.test("cancelling is acknowledged with what became of the task", async () => {
    const { taskId } = await client.submit(errand("cancelled"));
    const elsewhere = client.cancelTask(taskId, { node: "worker-1" });
    await assert.rejects(elsewhere, failsWith("conflict", /is not on worker-1: it is pending/));
    const lease = await claimed();
    const report = await client.cancelTask(taskId, { node: client.name, reason: "too late" });
    assert.deepEqual([report.outcome, report.by], ["requested", "control-channel"]);
    const failure = { code: "cancelled", detail: "given up", class: "cancelled" as const };
    const given = await client.updateTaskStatus(taskId, { lease, status: "failed", failure });
    assert.equal(given.task?.status, "cancelled");
    assert.equal((await client.cancelTask(taskId)).outcome, "ended");
    const nobody = client.cancelTask("nobody");
    await assert.rejects(nobody, failsWith("not_found", /no task nobody/));
  });

  await context.test("notices reach followers, and a wrong level nobody", async () => {
    const [everybody, ada] = await Promise.all([
      client.follow("system"),
      client.follow("user:ada"),
    ]);
    const { seq } = await client.broadcastNotification("maintenance at noon", "warning");
    const told = await nextEvent(everybody);
    assert.deepEqual([told.seq, told.type], [seq, "system_notification"]);
    assert.deepEqual(told.payload, { message: "maintenance at noon", severity: "warning" });
    await client.notifyUser("ada", "your picture is ready", { taskId: "t1" });
    const own = await nextEvent(ada);
    assert.deepEqual([own.type, own.taskId], ["personal_notification", "t1"]);
    // @ts-expect-error: no such level.
    const wrong = client.broadcastNotification("x", "loud");
    await assert.rejects(wrong, failsWith("invalid", /levels are info, warning, error/));
    await assert.rejects(client.follow("weather"), failsWith("invalid", /no channel: give system/));
    everybody.close();
    ada.close();
    assert.equal((await ada.next()).done, true);
  });

  await context.test("the status has every part, and says of each when it was so", async () => {
    const status = await client.getSystemStatus();
    assert.equal(status.isWhole, true, JSON.stringify(status));
    const { control, members, nodes, store, tasks } = status;
    assert.ok(nodes.kind === "known" && tasks.kind === "known" && store.kind === "known");
    assert.deepEqual(
      nodes.value.map(({ name }) => name),
      ["control", "worker-1"],
    );
    assert.equal(nodes.value[1]?.health.level.length !== 0, true);
    assert.equal(tasks.value.queues[0]?.queue, "default");
    assert.equal(store.value.kind, "sqlite");
    assert.ok(control.kind === "known" && control.value.node === "control");
    assert.ok(members.kind === "known" && members.value !== null);
    assert.ok(members.value.some(({ name }) => name === client.name));
    assert.ok(status.at <= tasks.asOf && tasks.asOf <= Date.now());
  });

  await context.test("a process of its own looks at the cluster, and ends by itself", async () => {
    const other = new ClientProcess(scope, "client", cluster.directorAddress);
    assert.equal((await other.said("seen"))["isWhole"], true);
    assert.equal(await other.exited, 0);
  });

  const lamp = new ClientProcess(scope, "node", cluster.directorAddress, "lamp");
  await context.test(
    "a node client is registered, and answers the cluster's commands",
    async () => {
      await lamp.said("ready");
      const status = await client.order({ command: "GET_NODE_STATUS", node: "lamp" });
      assert.deepEqual([status["status"], status["pid"]], ["online", lamp.pid]);
      assert.match(JSON.stringify(status["capabilities"]), /"lighting".*"upstairs"/);
      assert.equal((await client.order({ command: "PING", node: "lamp" }))["node"], "lamp");
      const metrics = await client.order({ command: "GET_NODE_METRICS", node: "lamp" });
      assert.match(JSON.stringify(metrics), /"handled":\{"done":[1-9]/);
      const paused = await client.order({ command: "PAUSE_NODE", node: "lamp" });
      assert.notEqual(paused["hold"], null);
      await client.order({ command: "RESUME_NODE", node: "lamp" });
    },
  );

  await context.test("commands of its own are called from the command line", async () => {
    const green = await troupe("SWITCH_LIGHT", "--parameter", "color=green", "--id", "light-1");
    assert.equal(green.exitCode, 0, green.said);
    const { response } = JSON.parse(green.said);
    assert.deepEqual(response, { color: "green", former: "white", by: "machine" });
    const again = await troupe("SWITCH_LIGHT", "--parameter", "color=green", "--id", "light-1");
    assert.equal(JSON.parse(again.said).isReplay, true);
    const black = await troupe("SWITCH_LIGHT", "--parameter", "color=black");
    assert.match(black.said, /"invalid".*\n.*no black light/);
    const burnt = await troupe("SWITCH_LIGHT", "--parameter", "color=ultraviolet");
    assert.match(burnt.said, /"actor_crashed".*\n.*burnt out/);
    assert.equal((await troupe("SWITCH_LIGHT")).exitCode, 0);
  });

  await context.test("a handler of CANCEL_TASK is told of what is cancelled", async () => {
    const { taskId } = await client.submit(errand("observed"));
    await client.cancelTask(taskId);
    const { by, taskId: told } = await lamp.said("cancelled");
    assert.deepEqual([by, told], ["cancelled", taskId]);
  });

  await context.test(
    "a node client that is told to restart comes back as another life",
    async () => {
      const incarnationOf = async (): Promise<unknown> =>
        (await client.order({ command: "GET_NODE_STATUS", node: "lamp" }))["incarnation"];
      const before = await incarnationOf();
      const life = await client.follow("node:lamp");
      await client.order({ command: "RESTART_NODE", node: "lamp" });
      while ((await incarnationOf()) === before) await nextEvent(life);
      life.close();
      assert.equal((await troupe("SWITCH_LIGHT", "--timeout", "20000")).exitCode, 0);
    },
  );

  await context.test(
    "without the director calls fail in time, and followers miss nothing",
    async () => {
      const everybody = await client.follow("system");
      await client.broadcastNotification("before");
      assert.equal((await nextEvent(everybody)).payload["message"], "before");
      await cluster.kill("control");
      const since = performance.now();
      const lost = client.submit(errand("lost"));
      const status = client.getSystemStatus();
      const failure = await lost.then(
        () => undefined,
        (cause: unknown) => Failure.of(cause),
      );
      assert.ok(failure === undefined || failure.isRetryable, failure?.message);
      await status;
      assert.ok(performance.now() - since < 8_000, "a call has taken more than its time");
      const seqs: number[] = [];
      const told = (async () => {
        while (seqs.length < 3) seqs.push((await nextEvent(everybody)).seq);
      })();
      for (let sent = 0; sent < 3; ) {
        await client.broadcastNotification(`after ${sent}`).then(
          () => {
            sent += 1;
          },
          (cause: unknown) => assert.ok(Failure.of(cause).isRetryable, String(cause)),
        );
      }
      await told;
      const [first = 0] = seqs;
      assert.deepEqual(seqs, [first, first + 1, first + 2]);
      assert.equal((await client.getSystemStatus()).tasks.kind, "known");
    },
  );

  await context.test("handlers are registered again with the next channel", async () => {
    const order = { command: "SWITCH_LIGHT", parameters: { color: "red" } };
    for (;;) {
      const { error, response } = await client.command(order);
      if (response) break;
      assert.equal(error?.code, "unknown_message", error?.detail);
    }
  });

  await context.test(
    "a node client that is told to shut down leaves, and its process ends",
    async () => {
      await client.order({
        command: "SHUTDOWN_NODE",
        node: "lamp",
        parameters: { reason: "dusk" },
      });
      assert.deepEqual(await lamp.said("ended"), {
        kind: "ended",
        reason: "dusk",
        wish: "stay-away",
      });
      assert.equal(await lamp.exited, 0);
    },
  );

  await context.test("a closed client refuses, and its followers end", async () => {
    const everybody = await client.follow("system");
    const waiting = everybody.next();
    await client.close();
    assert.equal((await waiting).done, true);
    await assert.rejects(client.task("x"), failsWith("cancelled", /closed; open another/));
    await client.close();
  });
});
