// What a cluster knows, read, changed and followed by the calls that older tools know. Run it:
// npx tsx examples/actors/10-cluster-state.ts
import { ClusterState } from "#actors/state/cluster-state.ts";
import { StateManager } from "#actors/state/state-manager.ts";
import { StoreActor } from "#actors/store/store-actor.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import { State } from "#protocols/tasks/state.ts";
import { startLocalSystem } from "#runtime/index.ts";

const system = await startLocalSystem({ log: { write: () => {} } });
system.spawn(StoreActor, { kind: "memory" }, { name: "store" });
const store = await system.lookup(Store, "store", 5_000);
system.spawn(StateManager, { mirror: null }, { name: "state" });
const state = await system.lookup(State, "state", 5_000);
while ((await state.statistics()).storeTrouble !== null) await store.ping();
const cluster = new ClusterState(state);

const machine = { hostname: "studio.local", platform: "linux", arch: "x64" };
const skills = [{ skill: "inpaint", level: 1, verifiedAt: null }];
await cluster.add_node({ node: "studio", leaseMs: 15_000, skills, ...machine });
const [node] = await cluster.find_nodes_by_skill("inpaint");
console.log(`${node?.node} is ${node?.status}`);

const submitted = await store.submit({ type: "inpaint", model: "m", parameters: {}, inputs: [] });
if (submitted.kind === "created") {
  await cluster.update_task(submitted.taskId, { name: "sky" });
  const task = await cluster.get_task(submitted.taskId);
  console.log(`${task?.name} is ${task?.status}, version ${task?.version}`);
}

const { tasksTotal, nodes } = await cluster.get_state();
console.log(`${tasksTotal} task, ${nodes.length} node`);
await system.stop();
