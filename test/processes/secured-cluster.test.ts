// A cluster of real processes whose links have keys: it works as any other, and knows its own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyFolder } from "../sockets/keyed-nodes.ts";
import { ClusterProcess } from "./cluster-process.ts";
import { formOf, pictureOf } from "./pictures.ts";

test("a cluster with keys repairs a picture, and takes back a worker that was killed", {
  timeout: 60_000,
}, async (context) => {
  using keys = new KeyFolder(["control", "worker-1"]);
  const security = `{ mode: curve, keys: "${keys.folder}" }`;
  const cluster = await ClusterProcess.start(context, { workers: 1, security });
  const picture = await pictureOf(320);
  const repair = async (): Promise<number> =>
    (await fetch(`${cluster.url}/inpaint`, { method: "POST", body: formOf(picture) })).status;
  assert.equal(await repair(), 200);
  await cluster.kill("worker-1");
  assert.equal(await repair(), 200);
});
