import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openNodeSecurity } from "#nodes/launch/node-security.ts";
import { expandTopology } from "#nodes/topology/topology-expansion.ts";
import type { ClusterPlan } from "#nodes/topology/topology-plan.ts";
import type { SecurityDocument } from "#protocols/outside/topology-links.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { createKeyFile, keyFile, makeKeyPair } from "#runtime/links/curve-keys.ts";
import { KeyRegistry } from "#runtime/links/key-registry.ts";
import { registryFile, saveRegistry } from "#runtime/links/key-registry-file.ts";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "troupe-node-security-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const planOf = (security?: SecurityDocument): ClusterPlan =>
  expandTopology(
    {
      cluster: "c",
      store: { kind: "sqlite", path: "c.sqlite" },
      models: [{ name: "m", path: "m" }],
      ...(security === undefined ? {} : { security }),
      nodes: [
        { name: "control", bind: "tcp://127.0.0.1:7600", director: true, roles: ["control"] },
        { name: "worker", bind: "tcp://127.0.0.1:*", replicas: 1, roles: ["worker"] },
      ],
    },
    { file: join(folder, "topology.yaml"), builtinModels: folder },
  ).plan;

const lines: string[] = [];
const ports = {
  clock: nodeClock,
  log: {
    write: (level: string, _: string, message: string) => void lines.push(`${level} ${message}`),
  },
};

async function open(plan: ClusterPlan, index: number) {
  const node = plan.nodes[index];
  assert.ok(node);
  const security = await openNodeSecurity(plan, node, ports);
  security.close();
  return security;
}

/** A new folder with the secrets of all nodes, and what the registry is to say of them. */
function keysOf(roles: Readonly<Record<string, readonly string[]>>): string {
  const keys = mkdtempSync(join(folder, "keys-"));
  let registry = KeyRegistry.empty;
  for (const [node, may] of Object.entries(roles)) {
    const pair = makeKeyPair();
    createKeyFile(keyFile(keys, node), { node, pair });
    registry = registry.withKey({ node, key: pair.publicKey, roles: may });
  }
  saveRegistry(registryFile(keys), registry, "new");
  return keys;
}

test("without keys a node stays within its machine, unless the topology says otherwise in so many words", async () => {
  lines.length = 0;
  assert.equal((await open(planOf(), 0)).reach, "machine");
  assert.equal((await open(planOf({ mode: "plain" }), 0)).reach, "machine");
  assert.deepEqual(lines, []);
  assert.equal((await open(planOf({ mode: "plain", openTo: "network" }), 0)).reach, "network");
  assert.match(
    lines.join(),
    /warn links have no keys: everybody who reaches this node is believed/,
  );
});

test("with keys a node may leave its machine, and asks its greeters for proof", async () => {
  const keys = keysOf({ control: ["control", "director"], "worker-1": [] });
  const plan = planOf({ mode: "curve", keys });
  for (const index of [0, 1]) {
    const security = await open(plan, index);
    assert.equal(security.reach, "network");
    assert.equal(security.identity.challenge(1, 0)?.length, 32);
  }
});

test("a registry that does not fit the topology is told as a whole, with the commands that mend it", async () => {
  const keys = keysOf({ control: ["control"], other: [] });
  await assert.rejects(open(planOf({ mode: "curve", keys }), 0), (failure: Error) => {
    assert.match(failure.message, /registry does not fit the topology:\n/);
    assert.match(failure.message, /control is director in the topology, but may only be control/);
    assert.match(failure.message, /worker-1 has no key: troupe keys make --dir .* --node worker-1/);
    return true;
  });
});

test("absent keys, and keys that the registry does not list, keep a node from starting", async () => {
  const absent = planOf({ mode: "curve", keys: "absent" });
  await assert.rejects(open(absent, 0), { code: "not_found", message: /absent\/registry/ });
  const keys = keysOf({ control: [], "worker-1": [] });
  const plan = planOf({ mode: "curve", keys });
  rmSync(keyFile(keys, "control"));
  await assert.rejects(open(plan, 0), { code: "not_found", message: /control\.json.*keys make/ });
  createKeyFile(keyFile(keys, "control"), { node: "control", pair: makeKeyPair() });
  await assert.rejects(open(plan, 0), {
    code: "invalid",
    message: /list the key of control.*keys add/,
  });
});

test("absent keys of the control endpoint keep its node from starting, and no other", async () => {
  const bare = planOf();
  const withKeys = (curveFolder: string): ClusterPlan => ({
    ...bare,
    control: { address: "tcp://127.0.0.1:7650", access: "machine", curveFolder },
  });
  const absent = withKeys(join(folder, "nowhere"));
  await assert.rejects(open(absent, 0), {
    code: "not_found",
    message: /endpoint\.json.*keys make/,
  });
  await open(absent, 1);
  await open(withKeys(keysOf({ endpoint: [], ada: [] })), 0);
  const other = keysOf({ ada: [] });
  createKeyFile(keyFile(other, "endpoint"), { node: "endpoint", pair: makeKeyPair() });
  await assert.rejects(open(withKeys(other), 0), {
    code: "invalid",
    message:
      /does not list the key of the control endpoint: troupe keys add --dir .* --node endpoint/,
  });
});
