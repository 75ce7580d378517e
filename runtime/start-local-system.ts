// A system of one process: actors with names, and no links to anybody.
import { Failure } from "#protocols/failure.ts";
import { ClusterNames } from "./cluster/cluster-names.ts";
import { DirectoryActor } from "./cluster/directory-actor.ts";
import { noTransport } from "./core/no-transport.ts";
import type { Observer } from "./core/observer.ts";
import type { Log } from "./core/ports.ts";
import { ActorSystem } from "./core/system.ts";
import { standardLog } from "./host/json-log.ts";
import { nodeClock } from "./host/node-clock.ts";
import { nodeExecutor } from "./host/node-executor.ts";
import { nodeRandom } from "./host/node-random.ts";
import { NodeTimers } from "./host/node-timers.ts";
import { Threads } from "./threads/threads.ts";

export interface LocalSystemOptions {
  /** Default: `local`. */
  readonly name?: string;
  /** Default: standard error. */
  readonly log?: Log;
  /** Sees everything that happens to messages and actors: that of an `Observation`, or your own. */
  readonly observer?: Observer;
  /** What happens when the root guardian gives up. Default: the failure is thrown. */
  readonly fatal?: (failure: Failure) => void;
}

export async function startLocalSystem(options: LocalSystemOptions = {}): Promise<ActorSystem> {
  const node = { name: options.name ?? "local", incarnation: 1 };
  const threads = new Threads(node, node.name, noTransport);
  const system = new ActorSystem({
    node,
    clock: nodeClock,
    random: nodeRandom(),
    timers: new NodeTimers(nodeClock),
    executor: nodeExecutor,
    log: options.log ?? standardLog(node.name, nodeClock),
    transport: threads.transport,
    ...(options.observer === undefined ? {} : { observer: options.observer }),
    fatal: options.fatal ?? rethrow,
  });
  threads.serve(system);
  await system.start();
  system.useNames(new ClusterNames(system, node.name));
  await system.started(system.spawn(DirectoryActor, { name: "directory" }));
  return system;
}

function rethrow(failure: Failure): never {
  throw new Failure(failure.code, `the system cannot go on: ${failure.detail}`, failure);
}
