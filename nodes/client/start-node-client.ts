// Starts a node client: joins, brings what every node of the cluster has (its agent, its ear for orders, its
// figures), and registers its commands.
import { NodeControlActor } from "#actors/control/node-control.ts";
import { OrderBook } from "#actors/control/order-book.ts";
import { NodeAgentActor, type NodeProbe } from "#actors/registry/node-agent.ts";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import type { NodeCapabilities } from "#protocols/tasks/capability.ts";
import { type ControlHandler, nodeControlPath } from "#protocols/tasks/control.ts";
import type { NodeLeave } from "#protocols/tasks/node.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { metricsService } from "#runtime/observation/metrics-service.ts";
import { Observation } from "#runtime/observation/observation.ts";
import type { StartedNode } from "#runtime/start-system.ts";
import { detectCapability, withStated } from "../capability/detect-capability.ts";
import { createNodeProbe } from "../launch/node-probe.ts";
import { ChannelBell } from "./channel-bell.ts";
import { type CheckedTerms, checkedTerms } from "./client-terms.ts";
import { ClusterClient } from "./cluster-client.ts";
import { ClusterConnection } from "./cluster-connection.ts";
import { CommandBook } from "./command-book.ts";
import { CommandDesk } from "./command-desk.ts";
import { EndingOrders } from "./ending-orders.ts";
import { NodeClient } from "./node-client.ts";
import { type NodeClientTerms, type OwnTerms, separated } from "./node-terms.ts";
import { StateRinger } from "./state-ringer.ts";

/**
 * Answers when this process is a node that the registry knows, and its handlers are registered. Fails as
 * `connectCluster` and `registerHandler`; then nothing is left of it.
 */
export async function startNodeClient(terms: NodeClientTerms): Promise<NodeClient> {
  const { own, connection } = separated(terms);
  const checked = checkedTerms(connection);
  const probe = createNodeProbe(own.dataFolder);
  try {
    const client = await joinedClient({ own, checked, probe });
    return await introduced(client, own, checked);
  } catch (cause) {
    probe.stop();
    throw cause;
  }
}

interface Beginning {
  readonly own: OwnTerms;
  readonly checked: CheckedTerms;
  readonly probe: NodeProbe & { stop(): void };
}

async function joinedClient({ own, checked, probe }: Beginning): Promise<NodeClient> {
  const bell = new ChannelBell();
  const book = new CommandBook();
  const orders = new OrderBook();
  const endings = new EndingOrders();
  const observation = new Observation({ clock: nodeClock, log: checked.log });
  const capabilities = await capabilitiesOf(own);
  let desk: Ref<ControlHandler> | undefined;
  const joined = (node: StartedNode): void => {
    const { system } = node;
    observation.attach(system);
    system.provide(metricsService, observation.metrics);
    const leave = (order: NodeLeave): void => endings.tell(order);
    const figures = { obstacles: {}, metrics: "provided" } as const;
    const name = nodeControlPath.slice(1);
    system.spawn(NodeControlActor, { book: orders, leave, ...figures }, { name });
    system.spawn(NodeAgentActor, { capabilities, probe, leave }, { name: "node-agent" });
    system.spawn(StateRinger, bell, { name: "state-ringer" });
    desk = system.spawn(CommandDesk, book, { name: "command-desk" });
    own.joined?.(node);
  };
  const { observer } = observation;
  const connection = await ClusterConnection.open({ terms: checked, observer, joined });
  const cluster = new ClusterClient(connection, bell, checked);
  observation.metrics.show(() => ({ figures: [], bounds: [cluster.followersBound, book.bound] }));
  return new NodeClient({
    ...{ cluster, connection, book, endings, observedQueues: own.observedQueues },
    desk: () => desk ?? notJoined(checked.name),
    end: () => probe.stop(),
    log: (message) => checked.log.write("warn", "/client", message),
  });
}

async function introduced(
  client: NodeClient,
  { handlers }: OwnTerms,
  { joinWithinMs }: CheckedTerms,
): Promise<NodeClient> {
  try {
    await client.registered(joinWithinMs);
    for (const [command, handler] of Object.entries(handlers)) {
      await client.registerHandler(command, handler);
    }
    return client;
  } catch (cause) {
    await client.stop();
    throw cause;
  }
}

async function capabilitiesOf({
  capabilities,
  dataFolder,
  slots,
}: OwnTerms): Promise<NodeCapabilities> {
  const place = { dataFolder, models: [], nowMs: nodeClock.wall() };
  return { ...withStated(await detectCapability(place), capabilities), slots };
}

function notJoined(name: string): never {
  throw new Failure("unavailable", `${name} has not joined its cluster yet; try later`);
}
