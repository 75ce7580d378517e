// Which model a repair over HTTP is done with.
import assert from "node:assert/strict";
import { test } from "node:test";
import { apiOn } from "./api-bench.ts";

test("a header names the model of one repair; without it the gateway's is meant", async (context) => {
  const { call } = await apiOn(context);
  const post = (key: string, model?: string) => {
    const body = new FormData();
    body.set("image", new Blob(["i"]), "i.png");
    body.set("mask", new Blob(["m"]), "m.png");
    const own = { prefer: "respond-async", "idempotency-key": key };
    const headers = { ...own, ...(model === undefined ? {} : { "x-troupe-model": model }) };
    return call("/inpaint", { method: "POST", body, headers });
  };
  for (const [key, model] of [
    ["one", "cv2"],
    ["two", undefined],
  ] as const) {
    const { status, body } = await post(key, model);
    assert.equal(status, 202);
    assert.equal((await call(String(body.task))).body.model, model ?? "diffuse");
  }
  const long = await post("three", "m".repeat(65));
  assert.deepEqual([long.status, long.headers.get("x-troupe-code")], [400, "invalid"]);
});
