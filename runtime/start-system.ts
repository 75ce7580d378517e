// The one place where real clocks, entropy and sockets meet the engine: options in, running node out.
import { randomInt } from "node:crypto";
import type { NodeId } from "#protocols/address.ts";
import type { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { ClusterNames } from "./cluster/cluster-names.ts";
import { DirectoryActor } from "./cluster/directory-actor.ts";
import type { Observer } from "./core/observer.ts";
import type { Log, RefCodec } from "./core/ports.ts";
import { ActorRef } from "./core/ref.ts";
import { ActorSystem } from "./core/system.ts";
import { nodeClock } from "./host/node-clock.ts";
import { nodeExecutor } from "./host/node-executor.ts";
import { nodeRandom } from "./host/node-random.ts";
import { NodeTimers } from "./host/node-timers.ts";
import { LinkTransport } from "./links/link-transport.ts";
import { zeromqCarrier } from "./links/zeromq-carrier.ts";
import { Threads } from "./threads/threads.ts";

export interface NodeOptions {
  readonly node: NodeId;
  /** `tcp://127.0.0.1:7600`, or port `*` for any free one. */
  readonly bind: string;
  /** The node that holds the directory of names. */
  readonly director: string;
  /** Addresses of nodes known beforehand, by name; others are learned when they call. */
  readonly peers: ReadonlyMap<string, string>;
  /** Protocols of refs that may arrive in messages. */
  readonly protocols: readonly Protocol<unknown>[];
  readonly log: Log;
  /** Sees everything that happens to messages and actors: that of an `Observation`, or your own. */
  readonly observer?: Observer;
}

export interface StartedNode {
  readonly system: ActorSystem;
  /** Where other nodes reach this one. */
  readonly address: string;
  /** Resolves when the root guardian gave up: the node cannot go on. */
  readonly failed: Promise<Failure>;
}

/** Starts a node: its links are open and names can be looked up; no actor of the user lives yet. */
export async function startSystem(options: NodeOptions): Promise<StartedNode> {
  const { node, log } = options;
  let fail: (failure: Failure) => void = () => {};
  const failed = new Promise<Failure>((resolve) => {
    fail = resolve;
  });
  // The transport carries refs, and the system that makes refs needs a transport: it is asked late.
  const refs: RefCodec = {
    describe: (value) => system.describe(value),
    revive: (address, protocolId) => system.revive(address, protocolId),
  };
  const transport = new LinkTransport({
    node,
    bind: options.bind,
    peers: options.peers,
    carrier: zeromqCarrier,
    clock: nodeClock,
    timers: new NodeTimers(nodeClock),
    executor: nodeExecutor,
    newSession: () => randomInt(1, 2 ** 48 - 1),
    log,
    refs,
    refClass: ActorRef,
  });
  const threads = new Threads(node, options.director, transport);
  const system: ActorSystem = new ActorSystem({
    node,
    clock: nodeClock,
    random: nodeRandom(),
    timers: new NodeTimers(nodeClock),
    executor: nodeExecutor,
    log,
    transport: threads.transport,
    protocols: options.protocols,
    ...(options.observer === undefined ? {} : { observer: options.observer }),
    fatal: fail,
  });
  threads.serve(system);
  system.useNames(new ClusterNames(system, options.director));
  await system.start();
  if (options.director === node.name) {
    await system.started(system.spawn(DirectoryActor, { name: "directory" }));
  }
  return { system, address: transport.address, failed };
}
