// One request followed through the processes of a cluster: a trace context comes in over HTTP, and
// the spans of queue, store, worker and engine hang together below it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ClusterProcess } from "./cluster-process.ts";
import { formOf, pictureOf } from "./pictures.ts";

interface SpanLine {
  readonly message: string;
  readonly node: string;
  readonly actor: string;
  readonly fields: {
    readonly trace: string;
    readonly span: string;
    readonly parent: string | null;
    readonly name: string;
    readonly end: string;
  };
}

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const clientSpan = "00f067aa0ba902b7";

/** Spans in the log lines; each line begins with its node's name. */
const spansIn = (log: readonly string[]): readonly SpanLine[] =>
  log.flatMap((text) => {
    const begin = text.indexOf('{"level"');
    if (begin < 0) return [];
    const line: SpanLine = JSON.parse(text.slice(begin));
    return line.message === "span" ? [line] : [];
  });

test("a request's trace goes through queue and worker and back, and only wanted ones leave spans", {
  timeout: 60_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, {
    workers: 1,
    observation: "{ tracedShare: 0 }",
  });
  const picture = await pictureOf(128);
  const send = async (flags: string): Promise<Response> => {
    const headers = { traceparent: `00-${traceId}-${clientSpan}-${flags}` };
    const body = formOf(picture);
    const response = await fetch(`${cluster.url}/inpaint`, { method: "POST", body, headers });
    await response.arrayBuffer();
    return response;
  };
  assert.equal((await send("00")).status, 200);
  const response = await send("01");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("traceparent"), null);
  await cluster.logged((line) => line.includes("tasks.Store@3 complete"));

  const spans = spansIn(cluster.log);
  assert.ok(spans.every(({ fields }) => fields.trace === traceId && fields.end === "done"));
  const named = (name: string): SpanLine => {
    const found = spans.filter(({ fields }) => fields.name === name);
    assert.equal(found.length, 1, `${name} has ${found.length} spans`);
    const [span] = found;
    assert.ok(span);
    return span;
  };
  const parentOf = (name: string): string => {
    const { parent } = named(name).fields;
    const above = spans.find(({ fields }) => fields.span === parent);
    return above?.fields.name ?? String(parent);
  };
  assert.equal(parentOf("tasks.Queue@2 submit"), clientSpan);
  assert.equal(parentOf("tasks.Queue@2 outcome"), clientSpan);
  assert.equal(parentOf("tasks.Store@3 submit"), "tasks.Queue@2 submit");
  assert.equal(parentOf("tasks.Worker@2 run"), "tasks.Queue@2 submit");
  assert.equal(parentOf("models.Repository@1 run"), "tasks.Worker@2 run");
  assert.equal(parentOf("inference.ServedVersion@1 run"), "models.Repository@1 run");
  assert.equal(parentOf("inference.Engine@1 run"), "inference.ServedVersion@1 run");
  assert.equal(parentOf("tasks.Worker@2 ended"), "tasks.Worker@2 run");
  assert.equal(parentOf("tasks.Queue@2 complete"), "tasks.Worker@2 ended");
  assert.equal(parentOf("tasks.Store@3 complete"), "tasks.Queue@2 complete");
  assert.deepEqual(
    ["tasks.Queue@2 submit", "tasks.Worker@2 run"].map((name) => named(name).node),
    ["control", "worker-1"],
  );

  const metrics = await fetch(`${cluster.url}/metrics`);
  assert.equal(metrics.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.match(
    await metrics.text(),
    /troupe_messages_handled_total\{protocol="tasks\.Queue@2",method="submit",end="done"\} 2\n/,
  );

  // The first look has the store measured; what it measures comes with a later one.
  const measured = [
    /^troupe_store_file_bytes [1-9]/m,
    /^troupe_bound_highest\{bound="keptInputBytesMax"\} 0$/m,
    /^troupe_store_clock_ahead_seconds -?[0-9.]+$/m,
  ];
  let page = "";
  while (!measured.every((line) => line.test(page))) {
    page = await (await fetch(`${cluster.url}/metrics`)).text();
    assert.match(page, /^troupe_store_calls_total [1-9]/m);
  }
  const samples = page.split("\n").flatMap((line) => /^[a-z].*(?= )/.exec(line) ?? []);
  const twice = samples.filter((sample, at) => samples.indexOf(sample) !== at);
  assert.deepEqual(twice, [], "a sample stands once");

  process.kill(cluster.pidOf("worker-1"), "SIGUSR2");
  await cluster.logged((line) => /inference .*running .*tasks\.Worker@2/.test(line));
  assert.equal(await cluster.interrupt(), 0);
});

test("a cluster told not to watch itself has no metrics page", {
  timeout: 60_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, {
    workers: 1,
    observation: "{ watch: false }",
  });
  assert.equal((await fetch(`${cluster.url}/metrics`)).status, 404);
});
