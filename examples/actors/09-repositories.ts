// The cluster's store behind repositories, with the calls and the rows that older tools know. Run it:
// npx tsx examples/actors/09-repositories.ts
import { NodeRepository } from "#actors/store/repositories/node-repository.ts";
import { TaskRepository } from "#actors/store/repositories/task-repository.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { startLocalSystem } from "#runtime/index.ts";

const system = await startLocalSystem();
system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
const store = await system.lookup(Store, "store", 5_000);
const nodes = new NodeRepository({ store, nowMs: () => Date.now(), leaseMs: 15_000 });
const tasks = new TaskRepository(store);

await nodes.create({
  node_id: "studio",
  hostname: "studio.local",
  platform: "linux",
  arch: "x64",
  available_skills: '["inpaint"]',
});
await nodes.update_heartbeat("studio", { cpu_usage: 12.5 });
const [node] = await nodes.find_by_skill("inpaint");
console.log(`${node?.node_id} is ${node?.status} and can ${node?.available_skills}`);

for (const name of ["sky", "sea"]) {
  await tasks.create({ task_type: "inpaint", name, required_skills: '["inpaint"]' });
}
const worker = { node: "studio", incarnation: 1, models: ["inpaint"], skills: ["inpaint"] };
const [lease] = await store.claim({ ...worker, max: 1 });
if (lease) await store.complete({ lease, result: { figures: { holes: 3 }, files: [] } });
for (const task of await tasks.list_by_node("studio")) {
  console.log(`${task.name} is ${task.status}: ${task.result}`);
}

const [next] = await tasks.get_pending_tasks(1);
if (next) await tasks.update({ ...next, status: "cancelled" });
const { total, waiting, completed, cancelled } = await tasks.get_statistics();
console.log(`${total} tasks: ${waiting} waiting, ${completed} completed, ${cancelled} cancelled`);
await system.stop();
