import assert from "node:assert/strict";
import { test } from "node:test";
import { Metrics } from "#runtime/observation/metrics.ts";
import { actorAt, HandClock, handleOnce } from "./observed-stage.ts";

function page(): string {
  const clock = new HandClock();
  const metrics = new Metrics({ clock });
  const actor = actorAt("/a", { protocol: 'we"ird\\name\n@1' });
  metrics.spawned(actor);
  handleOnce(metrics, actor, { method: "add", meanwhile: () => clock.pass(1) });
  handleOnce(metrics, actor, { method: "add", meanwhile: () => clock.pass(100_000) });
  metrics.dead({ reason: "mailbox_full", to: "/a", method: "add" });
  metrics.attach({ inspect: () => ({ path: "/", protocol: "root@1", waiting: 7, children: [] }) });
  return metrics.toPrometheus();
}

test("every sample has its family's help and type before it, once", () => {
  const families: string[] = [];
  for (const line of page().split("\n")) {
    const [, type] = /^# TYPE (\S+) (?:counter|gauge|histogram)$/.exec(line) ?? [];
    if (type) families.push(type);
    const [, name = ""] = /^([a-z_]+)(?:\{| )/.exec(line) ?? [];
    if (name === "" || line.startsWith("#")) continue;
    const family = name.replace(/_(bucket|sum|count)$/, "");
    assert.ok(family === families.at(-1) || name === families.at(-1), line);
    assert.match(line, /^[a-z_]+(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)*\})? -?[0-9.e+-]+$/, line);
  }
  assert.equal(new Set(families).size, families.length);
  assert.ok(families.length >= 8);
});

test("label values are escaped", () => {
  assert.ok(page().includes('protocol="we\\"ird\\\\name\\n@1"'));
});

test("a histogram's buckets are cumulative, in seconds, and end in +Inf", () => {
  const lines = page()
    .split("\n")
    .filter((line) => line.startsWith("troupe_handling_seconds"));
  const value = (part: string): string | undefined =>
    lines
      .find((line) => line.includes(part))
      ?.split(" ")
      .at(-1);
  assert.equal(value('le="0.0005"'), "0");
  assert.equal(value('le="0.001"'), "1");
  assert.equal(value('le="65.536"'), "1");
  assert.equal(value('le="+Inf"'), "2");
  assert.equal(value("_sum"), "100.001");
  assert.equal(value("_count"), "2");
});

test("levels are there once a system is attached, and empty families are left out", () => {
  assert.match(page(), /^troupe_mailbox_messages\{protocol="root@1"\} 7$/m);
  assert.match(page(), /^troupe_dead_letters_total\{reason="mailbox_full"\} 1$/m);
  const empty = new Metrics({ clock: new HandClock() }).toPrometheus();
  assert.equal(
    empty
      .split("\n")
      .filter((line) => !line.startsWith("#"))
      .join("\n"),
    "troupe_series_overflows_total 0\n",
  );
});
