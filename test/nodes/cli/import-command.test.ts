// `troupe import`: what comes over from a database in the source schema, and what keeps it from that.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import Database from "better-sqlite3";
import { SqliteBackend } from "#actors/store/sqlite/sqlite-backend.ts";
import { troupe } from "./terminal-double.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "troupe-import-command-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

async function done(...words: readonly string[]): Promise<string> {
  const { exitCode, out, err } = await troupe(...words);
  assert.equal(exitCode, 0, err);
  return out;
}

const claim = {
  method: "claim",
  args: [{ node: "n", incarnation: 1, models: ["m"], max: 1 }],
} as const;

const sourceTables = `CREATE TABLE tasks (task_id TEXT PRIMARY KEY, task_type TEXT NOT NULL,
  name TEXT NOT NULL, description TEXT, required_skills TEXT, optional_skills TEXT,
  status TEXT NOT NULL, priority INTEGER DEFAULT 2, assigned_node TEXT, submitted_at TIMESTAMP,
  scheduled_at TIMESTAMP, started_at TIMESTAMP, completed_at TIMESTAMP, parameters TEXT,
  timeout INTEGER, retry_count INTEGER DEFAULT 0, max_retries INTEGER DEFAULT 3, user_id TEXT,
  affinity_tags TEXT, result TEXT, error TEXT, metadata TEXT,
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
  CREATE TABLE nodes (node_id TEXT PRIMARY KEY, hostname TEXT);
  INSERT INTO nodes VALUES ('n1', 'h1');`;

const sourceNodesTable = `CREATE TABLE nodes (node_id TEXT PRIMARY KEY, hostname TEXT, platform TEXT,
  arch TEXT, status TEXT, cpu_usage REAL, memory_usage REAL, disk_usage REAL, available_skills TEXT,
  max_concurrent_tasks INTEGER, running_tasks INTEGER, ip_address TEXT, tailscale_ip TEXT, port INTEGER,
  total_tasks_processed INTEGER, successful_tasks INTEGER, failed_tasks INTEGER,
  average_execution_time REAL, registered_at TIMESTAMP, last_heartbeat TIMESTAMP, tags TEXT);`;

function writeSource(path: string, rows: readonly string[]): void {
  const source = new Database(path);
  source.exec(sourceTables);
  for (const row of rows) source.exec(`INSERT INTO tasks ${row}`);
  source.close();
}

const sourceRows = [
  `(task_id, task_type, name, status, submitted_at, parameters, required_skills, timeout, user_id)
    VALUES ('s1', 'inpaint', 'one', 'waiting', '2025-01-31T12:00:00', '{"model":"m","deep":{"a":1}}',
      '["fast"]', 30, 'ann')`,
  `(task_id, task_type, name, status, submitted_at, started_at, assigned_node)
    VALUES ('s2', 'm', 'two', 'PROCESSING', '2025-01-31 11:59:59.500', '2025-01-31 12:00:01', 'n1')`,
  `(task_id, task_type, name, status, submitted_at, started_at, completed_at, result, assigned_node)
    VALUES ('s3', 'm', 'three', 'completed', '2025-01-31T10:00:00+00:00', '2025-01-31T10:00:01Z',
      '2025-01-31T10:00:05Z', '{"steps":5}', 'n1')`,
  `(task_id, task_type, name, status, error) VALUES ('s4', 'm', 'four', 'failed', 'it broke')`,
];

test("a source's tasks come over: times, words, lists; what ran waits again", async () => {
  writeSource(at("queue.db"), sourceRows);
  const said = await done("import", at("queue.db"), at("tasks.db"));
  assert.match(said, /imported 4 tasks .*; 2 of them wait\nimported 1 nodes, which/s);
  assert.match(await done("import", at("queue.db"), at("tasks.db")), /imported 0 .*4 tasks were/s);
  const backend = await SqliteBackend.open({ path: at("tasks.db") });
  try {
    const view = (taskId: string) => backend.call({ method: "view", args: [taskId] });
    const first = await view("s1");
    assert.equal(first?.submittedAt, Date.UTC(2025, 0, 31, 12));
    assert.equal(first?.status, "pending");
    assert.equal((await view("s2"))?.status, "pending");
    assert.equal((await view("s4"))?.error, "it broke");
    const outcome = await backend.call({ method: "outcome", args: ["s3"] });
    assert.ok(outcome?.status === "completed");
    assert.deepEqual(
      [outcome.result.figures, outcome.node, outcome.runMs],
      [{ steps: 5 }, "n1", 4_000],
    );
    const request = { ...claim.args[0], models: ["m"], skills: ["fast"], max: 5 };
    const leases = await backend.call({ method: "claim", args: [request] });
    assert.deepEqual(
      leases.map(({ taskId }) => taskId),
      ["s2", "s1"],
    );
    assert.deepEqual(leases[1]?.parameters, { model: "m", deep: '{"a":1}' });
    assert.equal(leases[1]?.timeoutMs, 30_000);
    assert.deepEqual((await backend.call({ method: "check", args: [] })).problems, []);
  } finally {
    await backend.close();
  }
});

test("a source's nodes come over: offline, with their counts and skills, and register anew", async () => {
  writeSource(at("queue.db"), []);
  const source = new Database(at("queue.db"));
  source.exec(`DROP TABLE nodes; ${sourceNodesTable}`);
  const insert = (values: string): void => void source.exec(`INSERT INTO nodes ${values}`);
  insert(`VALUES ('n1', 'h1', 'linux', 'x64', 'online', 12.5, 140, 3, '["paint","erase","paint"]', 4, 2,
    '10.0.0.5', '100.64.0.1', 5555, 12, 9, 3, 2.5, '2025-01-31T12:00:00', 1738324800, '["gpu"]')`);
  insert("(node_id) VALUES ('n2')");
  insert("(node_id) VALUES ('no name:1')");
  source.close();
  const said = await done("import", at("queue.db"), at("tasks.db"));
  assert.match(
    said,
    /imported 2 nodes, which are offline until they register\n1 nodes .*no name:1/s,
  );
  assert.match(await done("import", at("queue.db"), at("tasks.db")), /2 nodes were there already/);
  const backend = await SqliteBackend.open({ path: at("tasks.db") });
  try {
    const node = await backend.call({ method: "node", args: ["n1"] });
    const { ipAddress, tailscaleIp, port, tags, skills, status, memoryPercent } = node ?? {};
    assert.deepEqual([ipAddress, tailscaleIp, port], ["10.0.0.5", "100.64.0.1", 5_555]);
    assert.deepEqual([status, memoryPercent, tags], ["offline", 100, ["gpu"]]);
    assert.deepEqual(
      skills?.map(({ skill }) => skill),
      ["erase", "paint"],
    );
    assert.deepEqual([node?.tasksTotal, node?.tasksCompleted, node?.runSecondsMean], [12, 9, 2.5]);
    assert.equal(node?.registeredAt, Date.UTC(2025, 0, 31, 12));
    assert.equal(node?.lastHeartbeatAt, 1_738_324_800_000);
    const skilled = { skill: "paint", limit: 9 };
    assert.equal((await backend.call({ method: "nodesBySkill", args: [skilled] })).length, 1);
    const described = { hostname: "h1", platform: "linux", arch: "x64" };
    const introduction = {
      node: "n1",
      incarnation: 1_800_000_000_000,
      leaseMs: 1_000,
      ...described,
    };
    const back = await backend.call({ method: "registerNode", args: [introduction] });
    assert.ok(back.kind === "saved" && back.node.tasksTotal === 12);
    assert.equal(back.node.status, "online");
    assert.deepEqual((await backend.call({ method: "check", args: [] })).problems, []);
  } finally {
    await backend.close();
  }
});

test("a source with a node that cannot be is refused as a whole", async () => {
  writeSource(at("queue.db"), sourceRows);
  const source = new Database(at("queue.db"));
  source.exec(
    "ALTER TABLE nodes ADD COLUMN last_heartbeat; UPDATE nodes SET last_heartbeat = 'soon'",
  );
  source.close();
  const { exitCode, err } = await troupe("import", at("queue.db"), at("tasks.db"));
  assert.equal(exitCode, 1);
  assert.match(err, /node n1: last_heartbeat is "soon", not a time.*nothing was imported/s);
  assert.ok(!existsSync(at("tasks.db")));
});

test("a source with one task that cannot be is refused as a whole", async () => {
  for (const [row, said] of [
    [
      "(task_id, task_type, name, status) VALUES ('x', 't', 'n', 'dreaming')",
      /status is "dreaming"/,
    ],
    [
      "(task_id, task_type, name, status, submitted_at) VALUES ('x', 't', 'n', 'waiting', 'soon')",
      /submitted_at is "soon", not a time/,
    ],
    [
      "(task_id, task_type, name, status, priority) VALUES ('x', 't', 'n', 'waiting', 12)",
      /priority is 12/,
    ],
  ] as const) {
    rmSync(at("queue.db"), { force: true });
    writeSource(at("queue.db"), [...sourceRows, row]);
    const { exitCode, err } = await troupe("import", at("queue.db"), at("tasks.db"));
    assert.equal(exitCode, 1);
    assert.match(err, said);
    assert.match(err, /nothing was imported/);
    assert.ok(!existsSync(at("tasks.db")), "the store that was made for it is gone");
  }
  const backend = await SqliteBackend.open({ path: at("tasks.db") });
  assert.equal((await backend.call({ method: "counts", args: [] })).pending, 0);
  assert.match((await troupe("import", at("queue.db"), at("tasks.db"))).err, /in use/);
  await backend.close();
  assert.ok(statSync(at("tasks.db")).size > 0);
});
