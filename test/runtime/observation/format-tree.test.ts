import assert from "node:assert/strict";
import { test } from "node:test";
import { durationText, sizeText } from "#runtime/observation/duration-text.ts";
import { formatTree, type ShownActor } from "#runtime/observation/format-tree.ts";
import { createTestSystem } from "#runtime/testkit/test-system.ts";

const shown = (path: string, given: Partial<ShownActor> = {}): ShownActor => ({
  path,
  protocol: "demo.Thing@1",
  state: "running",
  waiting: 0,
  restarts: 0,
  children: [],
  ...given,
});

test("a tree shows who lives and what is the matter with them", () => {
  const root = shown("/", {
    protocol: "root@1",
    children: [
      shown("/data", {
        waiting: 3,
        waitingBytes: 12 * 1024,
        restarts: 1,
        children: [shown("/data/store", { handling: ["write", "read"], isPaused: true })],
      }),
      shown("/sessions", { state: "suspended", stashed: 2, timers: 1 }),
    ],
  });
  const handlingMs = (path: string, method: string) =>
    path === "/data/store" && method === "write" ? 1_234 : undefined;
  assert.equal(
    formatTree(root, { handlingMs }),
    [
      "/            running    root@1",
      "├─ data      running    demo.Thing@1  3 waiting (12 KiB)   1 restart",
      "│  └─ store  running    demo.Thing@1  handling write for 1.23 s   handling read   waits for room",
      "└─ sessions  suspended  demo.Thing@1  2 stashed   1 timer",
      "",
    ].join("\n"),
  );
});

test("too many children and too many levels are told, not shown", () => {
  const children = ["/a", "/b", "/c"].map((path) =>
    shown(path, { children: [shown(`${path}/x`)] }),
  );
  const root = shown("/", { children });
  assert.deepEqual(
    formatTree(root, { childrenMax: 2, depthMax: 1 })
      .trimEnd()
      .split("\n")
      .map((line) => line.split("  ")[0]),
    ["/", "├─ a", "│", "├─ b", "│", "└─ … 1 more"],
  );
  assert.equal(formatTree(root, { depthMax: 0 }).split("\n")[1], "└─ … 3 more");
  assert.equal(formatTree(root, { childrenMax: 0 }).split("\n")[1], "└─ … 3 more");
  assert.throws(() => formatTree(root, { childrenMax: -1 }), /childrenMax is -1/);
});

test("a living system's tree can be shown", async () => {
  const { system, stop } = createTestSystem();
  const text = formatTree(system.inspect());
  assert.match(text, /^\/ /);
  assert.match(text, /\n└─ directory /);
  await stop();
});

test("lengths and sizes read well at every magnitude", () => {
  const lengths = [0, 0.042, 9.9999, 12.34, 999, 1_000, 61_500, 3_600_000, 12_000_000].map(
    durationText,
  );
  assert.deepEqual(lengths, [
    "0 ms",
    "0.042 ms",
    "10 ms",
    "12.3 ms",
    "999 ms",
    "1 s",
    "1 min 1 s",
    "1 h 0 min",
    "3 h 20 min",
  ]);
  assert.deepEqual([0, 1_023, 1_024, 1_536, 5 * 1024 ** 2, 2 * 1024 ** 3].map(sizeText), [
    "0 B",
    "1023 B",
    "1 KiB",
    "1.5 KiB",
    "5 MiB",
    "2 GiB",
  ]);
});
