import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import type { LogLevel } from "#runtime/core/ports.ts";
import { jsonLog, type LogForm, logChoice } from "#runtime/host/json-log.ts";

const clock = { now: () => 0, wall: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678) };

function recorded(form: LogForm, level: LogLevel = "debug") {
  const lines: string[] = [];
  const log = jsonLog({ node: "worker-1", clock, level, form, write: (line) => lines.push(line) });
  return { lines, log };
}

test("a line is one JSON object with level, time, node, actor, message and fields", () => {
  const { lines, log } = recorded("json");
  log.write("warn", "/data/queue", "nearly %s full", { waiting: 9, ref: { a: [1] } });
  assert.equal(lines.length, 1);
  assert.ok(lines[0]?.endsWith("}\n"));
  assert.deepEqual(JSON.parse(lines[0] ?? ""), {
    level: "warn",
    time: "2026-01-02T03:04:05.678Z",
    node: "worker-1",
    actor: "/data/queue",
    message: "nearly %s full",
    fields: { waiting: 9, ref: { a: [1] } },
  });
});

test("fields cannot pose as the level or the actor", () => {
  const { lines, log } = recorded("json");
  log.write("info", "/a", "m", { level: "error", actor: "/b", message: "x", node: "n" });
  const line = JSON.parse(lines[0] ?? "");
  assert.deepEqual(
    [line.level, line.actor, line.message, line.node],
    ["info", "/a", "m", "worker-1"],
  );
});

test("lines below the level are dropped", () => {
  for (const form of ["json", "pretty"] as const) {
    const { lines, log } = recorded(form, "warn");
    for (const level of ["debug", "info", "warn", "error"] as const) log.write(level, "/a", level);
    assert.equal(lines.length, 2, form);
  }
});

test("the form for people is one readable line", () => {
  const { lines, log } = recorded("pretty");
  log.write("info", "/data/queue", "opened", { file: "a.db", count: 3, note: "two words" });
  assert.deepEqual(lines, [
    '03:04:05.678 info  worker-1 /data/queue  opened file=a.db count=3 note="two words"\n',
  ]);
});

test("no message can start a second line or move the cursor of a terminal", () => {
  const { lines, log } = recorded("pretty");
  log.write("info", "/a", "one\ntwo\u001b[2J\u2028", { k: "\u009b31m\r" });
  assert.equal(lines.length, 1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
  assert.doesNotMatch(lines[0]?.trimEnd() ?? "", /[\u0000-\u001f\u007f-\u009f\u2028]/);
});

test("secrets are not written, in fields, in texts or in addresses", () => {
  for (const form of ["json", "pretty"] as const) {
    const { lines, log } = recorded(form);
    log.write("error", "/a", "cannot reach redis://app:hunter2@host:1/0", {
      password: "hunter2",
      options: { apiKey: "hunter2", list: [{ secretKey: "hunter2" }] },
      header: "Bearer hunter2hunter2",
      error: new Error("http://me:hunter2@host failed"),
    });
    assert.equal(lines.length, 1);
    assert.doesNotMatch(lines[0] ?? "", /hunter2/, form);
    assert.match(lines[0] ?? "", /redis:\/\/app:\[redacted\]@host/);
  }
});

test("no value, however odd, makes a log line throw", () => {
  const circular: Record<string, unknown> = { name: "a" };
  circular.self = circular;
  const hostile = {
    get value(): string {
      throw new Error("no");
    },
  };
  const odd = {
    circular,
    hostile,
    proxy: new Proxy({}, { ownKeys: () => assert.fail("no keys") }),
    big: 12n,
    symbol: Symbol("s"),
    none: undefined,
    nothing: null,
    notNumber: Number.NaN,
    bytes: new Uint8Array(1000),
    map: new Map([["k", 1]]),
    set: new Set([1]),
    date: new Date(Number.NaN),
    act: () => 1,
    bare: Object.create(null),
    long: "x".repeat(100_000),
    many: new Array(10_000).fill(1),
    deep: JSON.parse(`${"[".repeat(50)}${"]".repeat(50)}`),
  };
  for (const form of ["json", "pretty"] as const) {
    const { lines, log } = recorded(form);
    log.write("info", "/a", "odd", odd);
    assert.equal(lines.length, 1);
    assert.ok((lines[0]?.length ?? 0) < 10_000, `${lines[0]?.length} characters`);
    assert.match(lines[0] ?? "", /circular/);
    assert.match(lines[0] ?? "", /unreadable/);
  }
});

test("an error is written with its code, stack and cause", () => {
  const { lines, log } = recorded("json");
  const cause = Object.assign(new Error("disk full"), { code: "ENOSPC" });
  log.write("error", "/a", "failed", { error: new Error("write failed", { cause }) });
  const { error } = JSON.parse(lines[0] ?? "").fields;
  assert.equal(error.message, "write failed");
  assert.match(error.stack, /json-log\.test/);
  assert.equal(error.cause.code, "ENOSPC");
});

test("the environment chooses level and form, the terminal the form by default", () => {
  assert.deepEqual(logChoice({}, { isTerminal: true }), { level: "info", form: "pretty" });
  assert.deepEqual(logChoice({}, { isTerminal: false }), { level: "info", form: "json" });
  assert.deepEqual(
    logChoice({ TROUPE_LOG: "pretty", TROUPE_LOG_LEVEL: "error" }, { isTerminal: false }),
    { level: "error", form: "pretty" },
  );
});

test("a level or form that does not exist is refused with those that do", () => {
  const output = { isTerminal: false };
  assert.throws(() => logChoice({ TROUPE_LOG_LEVEL: "loud" }, output), {
    code: "invalid",
    message: /"loud".*debug, info, warn, error/,
  });
  assert.throws(() => logChoice({ TROUPE_LOG: "xml" }, output), { message: /json or pretty/ });
});

test("the standard log has written to standard error when the process is killed right after", () => {
  const source = `
    import { nodeClock } from "#runtime/host/node-clock.ts";
    import { standardLog } from "#runtime/host/json-log.ts";
    const log = standardLog("n", nodeClock);
    for (let index = 0; index < 1000; index++) log.write("info", "/a", "line " + index);
    process.kill(process.pid, "SIGKILL");
  `;
  const args = [
    "--import",
    "#runtime/host/typescript-loader.mjs",
    "--input-type=module",
    "--eval",
    source,
  ];
  const environment = { ...process.env, TROUPE_LOG: "json", TROUPE_LOG_LEVEL: "info" };
  const done = spawnSync(process.execPath, args, { encoding: "utf8", env: environment });
  assert.equal(done.signal, "SIGKILL");
  assert.equal(done.stdout, "");
  assert.equal(done.stderr.trim().split("\n").length, 1000);
});
