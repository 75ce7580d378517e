// The register of skills from the command line through a gateway to a store, and back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { HttpGateway } from "#actors/gateway/http-gateway.ts";
import { NodeRegistryActor } from "#actors/registry/node-registry.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { startLocalSystem } from "#runtime/start-local-system.ts";
import { troupe } from "../../nodes/cli/terminal-double.ts";

const page = fileURLToPath(new URL("../../../nodes/page/", import.meta.url));

test("skills of a topology are listed and changed through the gateway", async (context) => {
  const system = await startLocalSystem({ log: { write: () => {} } });
  context.after(() => system.stop());
  await system.started(system.spawn(StoreActor, { kind: "memory" }, { name: "store" }));
  const store = await system.lookup(Store, "store", 5_000);
  const machine = { hostname: "box", platform: "linux", arch: "x64", leaseMs: 60_000 } as const;
  const ocr = { skill: "ocr", level: 0.5, verifiedAt: null };
  await store.registerNode({ node: "reader", ...machine, skills: [ocr] });
  const skills = [{ skill: "ocr", dependsOn: ["detect"], version: "2" }, { skill: "detect" }];
  system.spawn(NodeRegistryActor, { heartbeatMs: 1_000, skills }, { name: "registry" });
  const place = { cluster: "c", host: "127.0.0.1", port: 0, model: "m", page, sample: null };
  const { url } = await system.spawn(HttpGateway, place, { name: "gateway" }).address();
  const run = (...words: readonly string[]) => troupe("skills", ...words, "--url", url);
  const listed = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const { out, err } = await run();
      assert.equal(err, "");
      if (pattern.test(out)) return out;
    }
  };
  assert.match(await listed(/^ocr +2 +detect +nobody$/m), /^reader has ocr, but lacks detect$/m);
  const ring = await run("put", "detect", "--needs", "ocr");
  assert.equal(ring.exitCode, 1);
  assert.match(ring.err, /detect would rest on itself: detect -> ocr -> detect; leave out/);
  const level = await run("--level", "3");
  assert.match(level.err, /level is 3: write a number from 0 to 1/);
  assert.equal((await run("put", "ocr")).exitCode, 0);
  await listed(/^ocr +- +reader at 0\.5$/m);
  assert.equal((await run("drop", "ocr")).exitCode, 0);
  await listed(/^ocr +not registered +reader at 0\.5$/m);
});
