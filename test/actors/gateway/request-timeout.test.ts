// `X-Request-Timeout`: the deadline of a task, as whoever asks for it over HTTP says it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientIn } from "#actors/gateway/asking-client.ts";
import { apiOn } from "./api-bench.ts";

const said = (seconds: string) => ({ "x-request-timeout": seconds });

const requestOf = (headers: Readonly<Record<string, string>>) => ({
  ...{ method: "POST", path: "/api/v1/tasks", query: "", body: new Uint8Array() },
  headers: new Map(Object.entries(headers)),
  signal: new AbortController().signal,
});

test("seconds are read with their fraction, and what is none is refused", () => {
  const table = [
    ...[["1", 1_000] as const, ["2.5", 2_500] as const, ["0.0001", 1] as const],
    ...[["34560000", 34_560_000_000] as const, ["007", 7_000] as const],
  ];
  for (const [text, ms] of table)
    assert.equal(clientIn(requestOf(said(text))).deadlineMs, ms, text);
  assert.equal(clientIn(requestOf({})).deadlineMs, undefined);
  for (const text of [
    "",
    "0",
    "0.0",
    "-1",
    "1s",
    "1e3",
    "Infinity",
    "NaN",
    "1,5",
    "34560001",
    ".5",
  ]) {
    assert.throws(() => clientIn(requestOf(said(text))), { code: "invalid" }, text);
  }
});

test("the deadline of header and body is the earlier one, and one that is none is refused", async (context) => {
  const { call, post } = await apiOn(context);
  const lengthOf = async (order: object, headers: Record<string, string>) => {
    const { status, body } = await post({ type: "inpaint", ...order }, headers);
    assert.equal(status, 202);
    const task = (await call(String(body.task))).body;
    return Number(task.deadlineAt) - Number(task.submittedAt);
  };
  assert.equal(await lengthOf({}, said("90.5")), 90_500);
  assert.equal(await lengthOf({ deadlineMs: 30_000 }, said("90.5")), 30_000);
  assert.equal(await lengthOf({ deadlineMs: 300_000 }, said("90.5")), 90_500);
  const refused = await post({ type: "inpaint" }, said("soon"));
  assert.deepEqual([refused.status, refused.headers.get("x-troupe-code")], [400, "invalid"]);
  assert.match(String(refused.body.text), /X-Request-Timeout is "soon"; write seconds/);
});

test("repairs and batches end by the header, too", async (context) => {
  const { call, worker } = await apiOn(context);
  const one = await worker("one", { models: ["diffuse"], slots: 4 });
  const form = () => {
    const parts = new FormData();
    for (const name of ["image", "mask"]) parts.set(name, new Blob(["i"]), "i.png");
    return parts;
  };
  const submit = (path: string, headers: Record<string, string>) =>
    call(path, { method: "POST", body: form(), headers });
  for (const path of ["/inpaint", "/api/v1/batches"]) {
    assert.equal((await submit(path, said("soon"))).status, 400, path);
  }
  // Nobody completes them: by the deadline they end, and so does the waiting.
  const repair = await submit("/inpaint", said("0.3"));
  assert.equal(repair.status, 504);
  const { body } = await submit("/api/v1/batches", said("0.3"));
  const ended = await call(`${body.batch}?wait=20`);
  assert.deepEqual(ended.body.counts, { timed_out: 1 });
  assert.equal((await one.next()).type, "inpaint");
});
