// The registry on node `a` and the agent on node `b`, on virtual time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NodeAgentActor, type NodeProbe } from "#actors/registry/node-agent.ts";
import { NodeRegistryActor } from "#actors/registry/node-registry.ts";
import { Failure } from "#protocols/failure.ts";
import type { ServedCapability } from "#protocols/tasks/capability.ts";
import { NodeAgent, NodeRegistry } from "#protocols/tasks/node.ts";
import { createTestPair, type TestSystem } from "#runtime/testkit/test-system.ts";
import { sampleCapability, sampleLoad } from "./sample-capability.ts";

const load = sampleLoad;
const probe: NodeProbe = {
  pid: 77,
  load: () => {
    const { crashesInMinute: _, ...rest } = sampleLoad;
    return rest;
  },
};
const heartbeatMs = 1000;
const inpaint = { skill: "inpaint", level: 1, verifiedAt: 7 };
const nothing = { skills: [], tags: [], slots: 0 };

const pair = () => createTestPair([NodeRegistry, NodeAgent]);
const startRegistry = ({ system }: TestSystem) =>
  system.spawn(NodeRegistryActor, { heartbeatMs }, { name: "registry" });
const startAgent = ({ system }: TestSystem) =>
  system.spawn(NodeAgentActor, { capabilities: sampleCapability, probe }, { name: "agent" });

const crashes = (...systems: readonly TestSystem[]) =>
  systems.flatMap(({ log, fatal }) => [
    ...fatal,
    ...log.filter(({ level, message }) => level === "error" || message.startsWith("restarting")),
  ]);

/** The answer of an ask, while virtual time goes on. */
async function answerOf<T>({ time }: TestSystem, asked: Promise<T>): Promise<T> {
  await time.settle();
  return asked;
}

test("an agent registers its node, and its heartbeats carry the load", async () => {
  const { a, b } = await pair();
  const registry = startRegistry(a);
  startAgent(b);
  await a.time.advance(10);
  const [registered] = await answerOf(a, registry.list());
  assert.deepEqual(
    { name: registered?.name, incarnation: registered?.incarnation, pid: registered?.pid },
    { name: "b", incarnation: 5, pid: 77 },
  );
  assert.deepEqual(registered?.capabilities.models, ["lama"]);
  assert.equal(registered?.status, "online");
  assert.equal(registered?.load, null);
  await a.time.advance(heartbeatMs + 10);
  const [beating] = await answerOf(a, registry.list());
  assert.deepEqual(beating?.load, load);
  await a.time.advance(30 * heartbeatMs);
  const [later] = await answerOf(a, registry.list());
  assert.equal(later?.status, "online");
  assert.equal(later?.statusReason, "registered");
  assert.deepEqual(crashes(a, b), []);
});

test("what a worker offers is registered with the next heartbeat, and its node stays online", async () => {
  const { a, b } = await pair();
  const registry = startRegistry(a);
  let now: ServedCapability | Failure = new Failure("timeout", "it starts");
  const served = async () => {
    if (now instanceof Failure) throw now;
    return structuredClone(now);
  };
  const capabilities = { ...sampleCapability, skills: [inpaint] };
  const args = { capabilities, probe, served };
  b.system.spawn(NodeAgentActor, args, { name: "agent" });
  const known = async () => {
    await a.time.advance(heartbeatMs + 10);
    const [node] = await answerOf(a, registry.list());
    assert.deepEqual([node?.status, node?.statusReason], ["online", "registered"]);
    const { models, skills, slots, tags } = node?.capabilities ?? assert.fail("it is not there");
    return [models, skills.map(({ skill, verifiedAt }) => [skill, verifiedAt]), tags, slots];
  };
  const asStated = [["lama"], [["inpaint", 7]], [], 3];
  assert.deepEqual(await known(), asStated, "nobody has said yet");
  now = new Failure("actor_stopped", "it is not there");
  assert.deepEqual(await known(), asStated, "it is not there yet");
  const text = { skill: "detect-text", level: 1, verifiedAt: null };
  const skills = [text, { ...inpaint, verifiedAt: null }];
  now = { models: ["finder", "finder@1"], skills, tags: ["near"], slots: 2 };
  const asTold = [
    ["finder", "finder@1"],
    [
      ["detect-text", null],
      ["inpaint", 7],
    ],
    ["near"],
    2,
  ];
  assert.deepEqual(await known(), asTold);
  now = new Failure("timeout", "it is busy");
  assert.deepEqual(await known(), asTold, "what it has said stands");
  now = { models: Array.from({ length: 257 }, (_, index) => `m${index}`), ...nothing };
  assert.deepEqual(await known(), asTold, "nobody is told what no registry takes");
  assert.match(b.log.at(-1)?.message ?? "", /cannot be told to the registry: models must not/);
  now = { models: [], ...nothing };
  assert.deepEqual(await known(), [[], [], [], 0]);
  now = { models: ["finder"], skills: [], tags: [], slots: 1 };
  assert.deepEqual(await known(), [["finder"], [], [], 1]);
  now = new Failure("actor_stopped", "it has ended");
  assert.deepEqual(await known(), [[], [], [], 0], "who has ended offers nothing");
  await a.time.advance(30 * heartbeatMs);
  const [later] = await answerOf(a, registry.list());
  assert.deepEqual([later?.status, later?.load], ["online", load], "heartbeats go on");
  assert.deepEqual(crashes(a, b), []);
});

test("an agent waits for the registry however long it takes, without a crash", async () => {
  const { a, b } = await pair();
  startAgent(b);
  await a.time.advance(120_000);
  assert.deepEqual(crashes(a, b), []);
  const registry = startRegistry(a);
  await a.time.advance(10_000);
  assert.equal((await answerOf(a, registry.list()))[0]?.status, "online");
});

test("a node that goes down is offline at once", async () => {
  const { a, b, network } = await pair();
  const registry = startRegistry(a);
  startAgent(b);
  await a.time.advance(100);
  network.takeDown("b");
  await a.time.advance(1);
  const [node] = await answerOf(a, registry.list());
  assert.deepEqual([node?.status, node?.statusReason], ["offline", "the node is down"]);
});

test("an agent registers again with the registry that comes after the one that ended", async () => {
  const { a, b } = await pair();
  const first = startRegistry(a);
  startAgent(b);
  await a.time.advance(100);
  await answerOf(a, a.system.stopActor(first));
  await a.time.advance(20_000);
  assert.deepEqual(crashes(a, b), []);
  const second = startRegistry(a);
  await a.time.advance(10_000);
  const [node] = await answerOf(a, second.list());
  assert.equal(node?.status, "online");
  assert.deepEqual(node?.load, load);
});

test("a registry that lost its memory asks the agents it hears to introduce themselves", async () => {
  const { a, b } = await pair();
  const registry = startRegistry(a);
  const agent = startAgent(b);
  await a.time.advance(100);
  const capabilities = { ...sampleCapability, models: [], slots: 0 };
  const poison = {
    agent,
    incarnation: 1,
    pid: 1,
    capabilities,
    get name(): string {
      throw new Error("this crashes whoever reads it");
    },
  };
  const refused = assert.rejects(registry.register(poison), { code: "actor_crashed" });
  await a.time.advance(50);
  await refused;
  assert.deepEqual(await answerOf(a, registry.list()), []);
  await a.time.advance(2 * heartbeatMs);
  assert.equal((await answerOf(a, registry.list()))[0]?.status, "online");
  assert.equal(crashes(a).length, 2, JSON.stringify(crashes(a)));
});

test("an older life of a node is refused without a crash, and keeps trying", async () => {
  const { a, b } = await pair();
  const registry = startRegistry(a);
  const agent = startAgent(b);
  await a.time.advance(100);
  const capabilities = { ...sampleCapability, models: [], slots: 0 };
  const newer = { agent, name: "b", incarnation: 9, pid: 1, capabilities };
  await answerOf(a, registry.register(newer));
  await a.time.advance(60 * heartbeatMs);
  assert.equal((await answerOf(a, registry.list()))[0]?.incarnation, 9);
  const refusals = b.log.filter(({ message }) => message === "not registered yet");
  assert.ok(refusals.length > 3 && refusals.length < 40, String(refusals.length));
  const older = registry.register({ ...newer, incarnation: 8 });
  await assert.rejects(older, { code: "name_taken" });
  assert.deepEqual(crashes(a, b), []);
});

test("an agent reports its node's figures to whoever asks", async () => {
  const { a, b } = await pair();
  const agent = startAgent(b);
  const report = await answerOf(a, agent.report());
  assert.equal(report.capabilities.slots, 3);
  assert.deepEqual(report.load, load);
});
