import assert from "node:assert/strict";
import { test } from "node:test";
import { NodeRegistryActor } from "#actors/registry/node-registry.ts";
import { registerSkills } from "#actors/registry/registered-skills.ts";
import { NodeRegistry, nodeRegistryName } from "#protocols/tasks/node.ts";
import { storeOn } from "../queue/queue-fixture.ts";

const named = (
  rows: readonly { readonly skill: string; readonly dependsOn: readonly string[] }[],
) => rows.map(({ skill, dependsOn }) => [skill, ...dependsOn]);

test("the registry registers the topology's skills when it starts, and leaves others alone", async (context) => {
  const { system, store } = await storeOn(context);
  await store.putSkill({ skill: "by-hand" });
  await store.putSkill({ skill: "ocr", description: "changed by hand" });
  const skills = [
    { skill: "translate", dependsOn: ["ocr"] },
    { skill: "ocr", dependsOn: ["detect"], version: "2" },
    { skill: "detect" },
  ];
  system.spawn(NodeRegistryActor, { heartbeatMs: 100, skills }, { name: "registry" });
  await system.lookup(NodeRegistry, nodeRegistryName, 5_000);
  const all = async () => named(await store.skills(10));
  while ((await all()).length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(await all(), [["by-hand"], ["detect"], ["ocr", "detect"], ["translate", "ocr"]]);
});

test("what the register does not take is told, and what stands there is not written again", async (context) => {
  const { store } = await storeOn(context);
  await store.putSkill({ skill: "a" });
  await store.putSkill({ skill: "b", dependsOn: ["a"] });
  const refused = await registerSkills(store, [
    { skill: "a", dependsOn: ["b"] },
    { skill: "c", dependsOn: ["x"] },
    { skill: "d" },
  ]);
  assert.match(
    refused.map(({ detail }) => detail).join("\n"),
    /a -> b -> a;.+\n.+no registered skill: x/,
  );
  assert.deepEqual(named(await store.skills(10)), [["a"], ["b", "a"], ["d"]]);
  const never = () => assert.fail("it is there already");
  const read = { skills: store.skills.bind(store), putSkill: never };
  assert.deepEqual(
    await registerSkills(read, [{ skill: "d" }, { skill: "b", dependsOn: ["a"] }]),
    [],
  );
});
