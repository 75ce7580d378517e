// What an operator finds of commands that were refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ControlCounts } from "#actors/control/control-counts.ts";
import { RefusedCommands } from "#actors/control/refused-commands.ts";
import { controlLimits } from "#protocols/control-limits.ts";
import { admin, controlCluster } from "./control-cluster.ts";

const tried = {
  ...{ command: "SHUTDOWN_NODE", commandId: "s", node: "n", taskId: null, by: "key eve" },
  why: { code: "forbidden", detail: "SHUTDOWN_NODE needs a key" },
} as const;

test("of refusals so many have a line in a while, and the next line tells how many had none", () => {
  const lines: { readonly level: string; readonly fields: object }[] = [];
  const counts = new ControlCounts();
  let nowMs = 0;
  const refused = new RefusedCommands({
    counts,
    now: () => nowMs,
    log: (level, _message, fields) => void lines.push({ level, fields }),
  });
  const { refusalsToldMax, refusalsToldMs } = controlLimits;
  for (let index = 0; index < refusalsToldMax + 3; index += 1) refused.refused(tried);
  assert.equal(lines.length, refusalsToldMax);
  const { why, ...who } = tried;
  assert.deepEqual(lines[0], { level: "warn", fields: { ...who, ...why } });
  nowMs += refusalsToldMs;
  refused.refused({ ...tried, why: { code: "invalid", detail: "no node" } });
  refused.refused(tried);
  assert.deepEqual(
    lines.slice(refusalsToldMax).map(({ level, fields }) => [level, Reflect.get(fields, "untold")]),
    [
      ["info", 3],
      ["warn", undefined],
    ],
  );
  const { bounds, figures } = counts.figures();
  const bound = bounds.find(({ bound }) => bound === "control_refusals_told");
  assert.deepEqual([bound?.highest, bound?.reached], [2, 3]);
  const byCode = figures.find(({ name }) => name === "troupe_control_refused_total")?.samples;
  assert.deepEqual(
    byCode?.map(({ labels, value }) => [Reflect.get(labels, "code"), value]),
    [
      ["forbidden", refusalsToldMax + 4],
      ["invalid", 1],
    ],
  );
});

test("what the channel refuses is told once, leaves no row, and a key with the scope may come after it", async () => {
  const { time, log, counts, store, startChannel } = await controlCluster();
  const channel = await startChannel();
  const eve = { by: "key eve", scopes: ["read" as const] };
  const pause = { command: "PAUSE_NODE", node: "test", commandId: "p" };
  const { status } = await time.until(channel.command(pause, eve));
  assert.equal(status, "refused");
  assert.equal(await time.until(store.control("p")), null);
  const unknown = await time.until(channel.command({ command: "PUASE_NODE" }, admin));
  assert.equal(unknown.error?.code, "unknown_message");
  const paused = await time.until(channel.command(pause, admin));
  assert.deepEqual([paused.status, paused.isReplay], ["completed", false]);
  const lines = log.filter(({ message }) => message === "a command was refused");
  assert.deepEqual(
    lines.map(({ level, actor }) => [level, actor]),
    [
      ["warn", channel.$.address.path],
      ["info", channel.$.address.path],
    ],
  );
  const byCode = counts.figures().figures.find(({ name }) => /refused_total$/.test(name))?.samples;
  assert.deepEqual(
    byCode?.map(({ value }) => value),
    [1, 1],
  );
});
