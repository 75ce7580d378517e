// What a cluster of real processes does when some of them are killed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import Database from "better-sqlite3";
import { ClusterProcess } from "./cluster-process.ts";
import { formOf, pictureOf } from "./pictures.ts";

interface CommittedRow {
  readonly task_id: string;
  readonly status: string;
  readonly commits: number;
}

/** Every task with the number of its attempts that were committed. */
function committed(file: string): readonly CommittedRow[] {
  const database = new Database(file, { readonly: true });
  try {
    return database
      .prepare<[], CommittedRow>(
        `SELECT task_id, status, (SELECT count(*) FROM attempts
           WHERE attempts.task_id = tasks.task_id AND outcome = 'completed') AS commits FROM tasks`,
      )
      .all();
  } finally {
    database.close();
  }
}

test("a worker is killed among twenty repairs: each is answered, each is committed once", {
  timeout: 120_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 2 });
  const picture = await pictureOf(640);
  let answered = 0;
  const repairs = Array.from({ length: 20 }, async () => {
    const response = await fetch(`${cluster.url}/inpaint`, {
      method: "POST",
      body: formOf(picture),
    });
    answered += 1;
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()), response };
  });
  while (answered < 4) await setTimeout(5);
  await cluster.kill("worker-1");
  const answers = await Promise.all(repairs);
  assert.deepEqual(
    answers.map(({ status }) => status),
    answers.map(() => 200),
  );
  for (const { bytes } of answers) assert.ok(bytes.equals(answers[0]?.bytes ?? Buffer.alloc(0)));
  const attempts = answers.map(({ response }) => Number(response.headers.get("x-troupe-attempt")));
  assert.ok(
    attempts.some((attempt) => attempt > 1),
    "the killed worker held a task",
  );
  assert.equal(await cluster.interrupt(), 0);
  const rows = committed(cluster.databaseFile);
  assert.equal(rows.length, 20);
  for (const row of rows) assert.deepEqual([row.status, row.commits], ["completed", 1]);
});

test("the control node is killed after it acknowledged a task: the task completes", {
  timeout: 120_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 1 });
  const picture = await pictureOf(640);
  // The worker stands still, so that the task cannot end before the control node is killed.
  process.kill(cluster.pidOf("worker-1"), "SIGSTOP");
  const submitted = await fetch(`${cluster.url}/inpaint`, {
    method: "POST",
    body: formOf(picture),
    headers: { prefer: "respond-async" },
  });
  assert.equal(submitted.status, 202);
  const { taskId } = (await submitted.json()) as { taskId: string };
  await cluster.kill("control");
  process.kill(cluster.pidOf("worker-1"), "SIGCONT");
  const result = await resultOf(`${cluster.url}/api/tasks/${taskId}/result`);
  assert.equal(result.status, 200);
  assert.equal(result.headers.get("content-type"), "image/png");
  assert.equal(await cluster.interrupt(), 0);
  assert.deepEqual(committed(cluster.databaseFile), [
    { task_id: taskId, status: "completed", commits: 1 },
  ]);
});

const sessionMs = 5_000;

for (const node of ["control", "worker-1"]) {
  test(`${node} freezes for longer than its session, and comes back as a new process`, {
    timeout: 120_000,
  }, async (context) => {
    const membership = `{ sessionMs: ${sessionMs} }`;
    const cluster = await ClusterProcess.start(context, { workers: 1, membership });
    const picture = await pictureOf(320);
    const frozen = cluster.pidOf(node);
    process.kill(frozen, "SIGSTOP");
    // Whoever wakes sooner may find nobody who gave it up, and goes on.
    await setTimeout(sessionMs * 1.2);
    process.kill(frozen, "SIGCONT");
    await cluster.event((line) => line.kind === "exited" && line.node === node);
    await cluster.event(
      (line) => line.kind === "ready" && line.node === node && cluster.pidOf(node) !== frozen,
    );
    const url = `${cluster.url}/inpaint`;
    for (;;) {
      const response = await fetch(url, { method: "POST", body: formOf(picture) }).catch(
        () => undefined,
      );
      if (response?.status === 200) break;
      await setTimeout(100);
    }
  });
}

/** Asks until the gateway is back and the task has ended. */
async function resultOf(url: string): Promise<Response> {
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if (response && response.status !== 202 && response.status !== 503) return response;
    await setTimeout(50);
  }
}
