// A last look at what became of an operator's commands: none is open, and what the history, the nodes and
// the queue say of them is put among the facts, for the check to judge.
import { answerOfRecord } from "#actors/control/command-answer.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import type { Store } from "#protocols/tasks/cluster-store.ts";
import { ControlChannel, controlChannelName } from "#protocols/tasks/control.ts";
import { NodeRegistry, nodeRegistryName } from "#protocols/tasks/node.ts";
import { type QueueConfig, queueConfigLayer } from "#protocols/tasks/queue-config.ts";
import { queueSettingsDefault } from "#protocols/tasks/queue-view.ts";
import type { SimulatedHost } from "#runtime/testkit/simulation/incarnation.ts";
import { Operator } from "./operator-actor.ts";
import { configuredQueue } from "./operator-plan.ts";
import { recordFact } from "./task-facts.ts";

const within = { within: 5_000 };
const openMax = 100;

/** What is wrong; undefined when nothing is. Those that nobody carried out end at their deadlines. */
export async function openCommands(store: Ref<Store>): Promise<string | undefined> {
  const open = await store.openControls(openMax);
  return open.length === 0
    ? undefined
    : `${open.length} commands are open, such as ${open[0]?.command}`;
}

export async function tellCommands(host: SimulatedHost, store: Ref<Store>): Promise<void> {
  const { name: node } = host.node;
  const operator = host.system.refTo(Operator, { node, path: "/operator" }).$.with(within);
  const found = await host.system.lookup(ControlChannel, controlChannelName, 5_000);
  const channel = found.$.with(within);
  for (const commandId of await operator.issued()) {
    const kept = await channel.find(commandId);
    if (!kept) continue;
    const { status, acknowledgedAt } = kept;
    const code = answerOfRecord(kept).error?.code ?? null;
    recordFact(host, "commandKept", { commandId, status, code, isTaken: acknowledgedAt !== null });
  }
  const registry = await host.system.lookup(NodeRegistry, nodeRegistryName, 5_000);
  for (const { name, hold } of await registry.$.with(within).list()) {
    recordFact(host, "nodeHeld", { node: name, isHeld: hold !== null });
  }
  await tellConfigured(host, store);
}

async function tellConfigured(host: SimulatedHost, store: Ref<Store>): Promise<void> {
  const version = await store.activeConfig({ layer: queueConfigLayer, scope: configuredQueue });
  const view = (await store.queues()).find(({ queue }) => queue === configuredQueue);
  if (version === null || view === undefined) return;
  const { pendingBytesMax }: QueueConfig = JSON.parse(version.document);
  // The file says nothing of it.
  const active = pendingBytesMax ?? queueSettingsDefault.pendingBytesMax;
  const facts = { active, inForce: view.pendingBytesMax };
  recordFact(host, "queueConfigured", facts);
}
