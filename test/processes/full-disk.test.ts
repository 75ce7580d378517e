// A cluster whose control node cannot write any more, and then can again.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ClusterProcess } from "./cluster-process.ts";
import { formOf, pictureOf } from "./pictures.ts";

/** Bytes that each file of the process may have; it fails as a full disk does. */
const limitFiles = (pid: number, size: string): void => {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${size}:`]);
};

/** What `/readyz` misses, once it answers with that status. */
async function readiness(url: string, status: number): Promise<readonly string[]> {
  for (;;) {
    const response = await fetch(`${url}/readyz`);
    const { missing } = (await response.json()) as { missing: readonly string[] };
    if (response.status === status) return missing;
    await delay(50);
  }
}

test("a store that cannot write makes the cluster not ready, and ready again when it can, without a restart", {
  timeout: 60_000,
}, async (context) => {
  const cluster = await ClusterProcess.start(context, { workers: 1 });
  const { url } = cluster;
  const picture = await pictureOf(64);
  const submit = () =>
    fetch(`${url}/inpaint`, {
      method: "POST",
      body: formOf(picture),
      headers: { prefer: "respond-async" },
    });
  await readiness(url, 200);
  assert.equal((await submit()).status, 202);
  const control = cluster.pidOf("control");
  limitFiles(control, "4096");
  let refused = await submit();
  while (refused.status === 202) refused = await submit();
  assert.ok(refused.status >= 500, `a submission is answered ${refused.status}`);
  assert.match(await refused.text(), /nothing was stored/);
  const missing = await readiness(url, 503);
  assert.match(missing.join(" "), /The store cannot write\. .*nothing was stored/);
  limitFiles(control, "unlimited");
  await readiness(url, 200);
  assert.equal((await submit()).status, 202);
  assert.equal(cluster.pidOf("control"), control, "nothing was restarted");
});
