import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import {
  expandBackoff,
  expandTopology,
  launcherDefault,
  observationDefault,
} from "#nodes/topology/topology-expansion.ts";
import type { ChildPlan } from "#nodes/topology/topology-plan.ts";
import type { NodeDocument, TopologyDocument } from "#protocols/outside/topology.ts";

const place = { file: "/etc/troupe/one.yaml", builtinModels: "/opt/models" };

/** Of a node whose file says nothing. */
const unset = {
  slots: null,
  threads: null,
  memoryBytesMax: null,
  classes: ["gpu", "cpu-heavy", "cpu-light", "plugin", "serverless"],
  skills: [],
  tags: [],
};

const documentOf = (
  node: Partial<NodeDocument>,
  rest: Partial<TopologyDocument> = {},
): TopologyDocument => ({
  cluster: "c",
  store: { kind: "sqlite", path: "../data/c.sqlite" },
  models: [
    { name: "diffuse", path: "builtin" },
    { name: "own", path: "models/own" },
  ],
  nodes: [{ name: "n", bind: "tcp://127.0.0.1:7600", ...node }],
  ...rest,
});

const outline = (children: readonly ChildPlan[]): unknown =>
  children.map((child) =>
    child.kind === "actor"
      ? child.actor
      : { [`${child.name} ${child.strategy}`]: outline(child.children) },
  );

const treeOf = (roles: NodeDocument["roles"]): unknown => {
  const node = expandTopology(documentOf(roles === undefined ? {} : { roles }), place).plan
    .nodes[0];
  return outline(node?.supervision ?? []);
};

test("roles expand to their trees; what two roles share is there once", () => {
  const data = { "data rest-for-one": ["store", "queue-manager"] };
  const state = { "state one-for-one": ["state-manager"] };
  const registry = { "registry one-for-one": ["node-registry", "node-agent"] };
  const control = { "control one-for-one": ["control-channel", "error-handler", "confirmations"] };
  const gateway = { "gateway one-for-one": ["http-gateway"] };
  const agent = { "registry one-for-one": ["node-agent"] };
  const workers = { "workers one-for-one": ["inference"] };
  assert.deepEqual(treeOf(["control"]), [data, state, registry, control]);
  assert.deepEqual(treeOf(["control", "gateway"]), [data, state, registry, control, gateway]);
  assert.deepEqual(treeOf(["worker"]), [agent, workers]);
  assert.deepEqual(treeOf(["gateway"]), [agent, gateway]);
  assert.deepEqual(treeOf(["control", "gateway", "worker"]), [
    data,
    state,
    registry,
    control,
    gateway,
    workers,
  ]);
});

test("a tree written out is the same plan as the role that stands for it", () => {
  const explicit = documentOf({
    supervision: [
      { supervisor: "registry", children: [{ actor: "node-agent" }] },
      { supervisor: "workers", children: [{ actor: "inference" }] },
    ],
  });
  assert.deepEqual(
    expandTopology(explicit, place).plan,
    expandTopology(documentOf({ roles: ["worker"] }), place).plan,
  );
});

test("replicas are numbered from 1, a node without replicas keeps its name", () => {
  const names = (node: Partial<NodeDocument>) =>
    expandTopology(documentOf(node), place).plan.nodes.map((one) => one.name);
  assert.deepEqual(names({}), ["n"]);
  assert.deepEqual(names({ replicas: 1 }), ["n-1"]);
  assert.deepEqual(names({ replicas: 3 }), ["n-1", "n-2", "n-3"]);
});

test("paths start at the topology file, built-in models at their folder", () => {
  const { plan } = expandTopology(documentOf({}), place);
  assert.deepEqual(plan.store, { kind: "sqlite", path: "/etc/data/c.sqlite" });
  assert.equal(plan.dataFolder, "/etc/data");
  assert.deepEqual(
    plan.models.map((model) => model.folder),
    ["/opt/models/diffuse", "/etc/troupe/models/own"],
  );
});

test("an actor has the node's settings where it has none of its own", () => {
  const { plan } = expandTopology(
    documentOf({
      settings: { slots: 2, threads: 3, memoryBytesMax: 2 ** 30 },
      supervision: [
        { supervisor: "s", children: [{ actor: "inference", settings: { slots: 5 } }] },
      ],
    }),
    place,
  );
  const own = { ...unset, threads: 3, memoryBytesMax: 2 ** 30 };
  assert.deepEqual(plan.nodes[0]?.settings, { ...own, slots: 2 });
  const child = plan.nodes[0]?.supervision[0]?.children[0];
  assert.deepEqual(child?.kind === "actor" && child.settings, { ...own, slots: 5 });
});

test("what the file leaves out has its default", () => {
  const { plan } = expandTopology(documentOf({}), place);
  assert.equal(plan.gateway, null);
  assert.deepEqual(plan.launcher, launcherDefault);
  assert.deepEqual(plan.nodes[0]?.settings, unset);
  const set = { startTimeoutMs: 5, backoff: { factor: 3 } };
  const { launcher } = expandTopology(documentOf({}, { launcher: set }), place).plan;
  assert.deepEqual(launcher, {
    ...launcherDefault,
    startTimeoutMs: 5,
    backoff: { ...launcherDefault.backoff, factor: 3 },
  });
});

test("a process may be away from its event loop for two sessions, unless the file says otherwise", () => {
  const blockedMsMax = (more: Parameters<typeof documentOf>[1]) =>
    expandTopology(documentOf({}, more), place).plan.launcher.blockedMsMax;
  const membership = { sessionMs: 60_000 };
  assert.equal(blockedMsMax({}), 30_000);
  assert.equal(blockedMsMax({ membership }), 120_000);
  assert.equal(blockedMsMax({ membership, launcher: { blockedMsMax: 9_000 } }), 9_000);
});

test("nodes watch themselves as the file says, by default without spans, and not at all when it says so", () => {
  const of = (observation: object) =>
    expandTopology(documentOf({}, { observation }), place).plan.observation;
  assert.deepEqual(expandTopology(documentOf({}), place).plan.observation, observationDefault);
  assert.deepEqual(of({ payloads: "value", tracedShare: 0 }), {
    ...observationDefault,
    payloads: "value",
    tracedShare: 0,
  });
  assert.equal(of({ watch: false }), null);
});

test("links are plain within the machine unless the file says otherwise; keys start at the file", () => {
  const of = (security: TopologyDocument["security"]) =>
    expandTopology(documentOf({}, security === undefined ? {} : { security }), place).plan.security;
  assert.deepEqual(of(undefined), { mode: "plain", reach: "machine" });
  assert.deepEqual(of({ mode: "plain", openTo: "network" }), { mode: "plain", reach: "network" });
  assert.deepEqual(of({ mode: "curve", keys: "../keys" }), { mode: "curve", keys: "/etc/keys" });
});

test("a bound of a backoff that is given alone draws the other along", () => {
  const fallback = { delayMsMin: 20, delayMsMax: 2_000, factor: 2, jitter: 0 };
  const bounds = (spec: Parameters<typeof expandBackoff>[0]) => {
    const { delayMsMin, delayMsMax } = expandBackoff(spec, fallback);
    return [delayMsMin, delayMsMax];
  };
  assert.deepEqual(bounds(undefined), [20, 2_000]);
  assert.deepEqual(bounds({ delayMsMin: 5_000 }), [5_000, 5_000]);
  assert.deepEqual(bounds({ delayMsMax: 10 }), [10, 10]);
  assert.deepEqual(bounds({ delayMsMin: 1, delayMsMax: 3 }), [1, 3]);
});

test("what the topology says of a child's restarts and time-outs reaches it, and nothing else does", () => {
  const { plan } = expandTopology(
    documentOf({
      supervision: [
        {
          supervisor: "workers",
          restart: "transient",
          children: [
            { actor: "inference", restart: "temporary", startTimeoutMs: 90_000, stopTimeoutMs: 0 },
            { actor: "node-agent" },
          ],
        },
      ],
    }),
    place,
  );
  const [workers] = plan.nodes[0]?.supervision ?? [];
  assert.deepEqual(workers?.life, { restart: "transient" });
  assert.deepEqual(
    workers?.children.map((child) => child.life),
    [{ restart: "temporary", startTimeoutMs: 90_000, stopTimeoutMs: 0 }, {}],
  );
});

test("a store in Redis is named after the cluster; nodes keep what is their own beside the topology", () => {
  const url = "redis://127.0.0.1:6379";
  const of = (store: TopologyDocument["store"]) => {
    const { plan } = expandTopology({ ...documentOf({}), store }, place);
    return [plan.store, plan.dataFolder];
  };
  const namespace = documentOf({}).cluster;
  assert.deepEqual(of({ kind: "redis", url }), [
    { kind: "redis", url, namespace },
    "/etc/troupe/data",
  ]);
  assert.deepEqual(of({ kind: "memory", folder: "../own" }), [{ kind: "memory" }, "/etc/own"]);
});

test("a profile sets the leases of all queues that say none, and how often nodes are heard", () => {
  const queues: TopologyDocument["queues"] = [
    { name: "own", class: "gpu", leaseMs: 60_000 },
    { name: "other", class: "gpu" },
  ];
  const planOf = (rest: Partial<TopologyDocument>) =>
    expandTopology(documentOf({ roles: ["control"] }, { queues, ...rest }), place).plan;
  const fast = planOf({ profile: "fast", membership: { sessionMs: 60_000 } });
  assert.deepEqual(
    fast.queues.map(({ settings }) => settings.leaseMs),
    [60_000, 2_000],
  );
  assert.deepEqual(fast.pace, { leaseMs: 2_000, reportMs: 400, heartbeatMs: 200 });
  assert.deepEqual([fast.membership, fast.sessionMs], [{ heartbeatMs: 200 }, 60_000]);
  assert.equal(fast.removeAfterMs, 86_400_000);
  const soon = planOf({ membership: { removeAfterMs: 5_000 } });
  assert.deepEqual([soon.membership, soon.removeAfterMs], [{}, 5_000]);
  const unstated = planOf({});
  assert.deepEqual(
    unstated.queues.map(({ settings }) => settings.leaseMs),
    [60_000, undefined],
  );
  assert.deepEqual([unstated.pace.leaseMs, unstated.sessionMs], [null, 15_000]);
  assert.equal(planOf({ profile: "default" }).pace.leaseMs, 15_000);
});

test("a task-worker's module starts at the topology file, its arguments are as they stand there", () => {
  const children = [
    { actor: "task-worker" as const, module: "./own.ts", arguments: { factor: 2 } },
    { actor: "task-worker" as const, module: "./own.ts", thread: { heapMbMax: 64 } },
  ];
  const { nodes } = expandTopology(
    documentOf({ supervision: [{ supervisor: "workers", children }] }),
    place,
  ).plan;
  const [own, threaded] = nodes[0]?.supervision[0]?.children ?? [];
  assert.ok(own?.kind === "actor" && threaded?.kind === "actor");
  assert.equal(own.module, "/etc/troupe/own.ts");
  assert.deepEqual([own.thread, threaded.thread], [null, { heapMbMax: 64 }]);
  assert.deepEqual(own.arguments, { factor: 2 });
  assert.equal(own.models, null);
});

test("a queue's rates and what it demands of machines are as the file says, and else none", () => {
  const queues = [
    {
      ...{ name: "big", class: "gpu" as const, userRate: { perSecond: 2 } },
      machine: { gpuMemoryBytes: 8 },
    },
    { name: "plain", class: "gpu" as const, rate: { perSecond: 1, burst: 3 } },
  ];
  const { plan } = expandTopology({ ...documentOf({}), queues }, place);
  assert.deepEqual(
    plan.queues.map(({ rate, userRate, machine, settings }) => [rate, userRate, machine, settings]),
    [
      [null, { perSecond: 2, burst: 1 }, { gpuMemoryBytes: 8 }, { queue: "big" }],
      [{ perSecond: 1, burst: 3 }, null, {}, { queue: "plain" }],
    ],
  );
});

test("a repository is looked at once, or as the topology says, from the topology's folder", () => {
  const none = expandTopology(documentOf({}), place).plan.repository;
  assert.deepEqual(none, { mode: "none", root: null, load: [], pollMs: 15_000 });
  const repository = { mode: "explicit", path: "models", load: ["lama"] } as const;
  const document = { ...documentOf({}), repository: { ...repository, load: ["lama"] } };
  const { root, load } = expandTopology(document, place).plan.repository;
  assert.deepEqual([root, load], [path.join(path.dirname(place.file), "models"), ["lama"]]);
});
