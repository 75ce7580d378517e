import assert from "node:assert/strict";
import { test } from "node:test";
import { UpObserver } from "#nodes/cli/up-observer.ts";
import { TerminalDouble } from "./terminal-double.ts";

const nodes = [
  { name: "control", pid: 10, state: "ready", restarts: 0, url: "http://127.0.0.1:1" },
  { name: "worker-1", pid: 11, state: "ready", restarts: 0, url: null },
] as const;

const watch = (kind: "pipe" | "terminal", format: "text" | "json") => {
  const io = new TerminalDouble(kind);
  return { io, observer: new UpObserver({ io, format, nodeCount: 2 }) };
};

test("without a terminal every step is a line, and the table of the ready cluster goes to stdout", () => {
  const { io, observer } = watch("pipe", "text");
  observer.observe({ kind: "started", node: "control", pid: 10 });
  observer.observe({ kind: "log", node: "control", line: "hello" });
  observer.observe({ kind: "ready", node: "control", url: "http://127.0.0.1:1" });
  observer.started(nodes);
  assert.deepEqual(io.errText.split("\n"), [
    "control starts as process 10",
    "[control] hello",
    "control is ready at http://127.0.0.1:1",
    "",
  ]);
  assert.match(io.outText, /control {3}ready {2}10 {3}http|control {3}ready/);
  assert.match(io.outText, /Open http:\/\/127\.0\.0\.1:1 in a browser/);
});

test("on a terminal one line shows the progress and other lines come out above it", () => {
  const { io, observer } = watch("terminal", "text");
  observer.observe({ kind: "ready", node: "control", url: null });
  observer.observe({ kind: "log", node: "control", line: "hello" });
  const bar = "starting [##########----------] 1/2 control";
  assert.equal(io.errText, `control is ready\n${bar}\r\u001b[2K[control] hello\n${bar}`);
});

test("as JSON every event is a line on stdout, and logs stay apart", () => {
  const { io, observer } = watch("terminal", "json");
  observer.observe({ kind: "ready", node: "control", url: null });
  observer.observe({ kind: "log", node: "control", line: "hello" });
  observer.started(nodes);
  observer.ended({ kind: "gave-up", killed: [], node: "worker-1", reason: "so", lines: ["x"] });
  const kinds = io.outText
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).kind);
  assert.deepEqual(kinds, ["ready", "cluster-ready", "cluster-ended"]);
  assert.equal(io.errText, "[control] hello\n");
});

test("a node that was given up is named with its last lines", () => {
  const { io, observer } = watch("pipe", "text");
  observer.ended({
    kind: "gave-up",
    killed: [],
    node: "worker-1",
    reason: "too often",
    lines: ["disk full"],
  });
  assert.equal(
    io.errText,
    "troupe: gave up on worker-1: too often. Its last lines:\n  | disk full\n",
  );
});

test("that a group grows is told with its reason", () => {
  const { io, observer } = watch("pipe", "text");
  observer.observe({ kind: "scaled", group: "w", from: 1, to: 2, reason: "5 wait and 1 run" });
  assert.equal(io.errText, "w: 1 to 2 nodes: 5 wait and 1 run\n");
});
