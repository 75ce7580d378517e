// A system of one process: actors with names, and no links to anybody.
import { Failure } from "#protocols/failure.ts";
import { endlessSession, spawnDirectory, useEmbeddedNames } from "./cluster/names/node-names.ts";
import { ActorKinds, type NamedActorClass } from "./cluster/remote/actor-kinds.ts";
import { useRemoteSpawning } from "./cluster/remote/remote-spawning.ts";
import type { TopicRelay } from "./core/event-bus.ts";
import type { MessageCare } from "./core/message-care.ts";
import { noTransport } from "./core/no-transport.ts";
import type { Observer } from "./core/observer.ts";
import type { Log } from "./core/ports.ts";
import type { SupervisionSpec } from "./core/supervision.ts";
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
  /** Actor classes that can be spawned by their names. Default: none. */
  readonly actors?: readonly NamedActorClass[];
  /** Default: standard error. */
  readonly log?: Log;
  /** Sees everything that happens to messages and actors: that of an `Observation`, or your own. */
  readonly observer?: Observer;
  /** How the root guardian treats the actors spawned by the system. Default: as any actor. */
  readonly supervise?: SupervisionSpec;
  /** For development: `frozenMessages` or `copiedMessages`. Default: messages pass by reference. */
  readonly messages?: MessageCare;
  /** What happens when the root guardian gives up. Default: the failure is thrown; uncaught, it ends the process. */
  readonly fatal?: (failure: Failure) => void;
}

export async function startLocalSystem(options: LocalSystemOptions = {}): Promise<ActorSystem> {
  const kinds = new ActorKinds(options.actors ?? []);
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
    ...(options.messages === undefined ? {} : { messages: options.messages }),
    ...(options.supervise === undefined ? {} : { supervise: options.supervise }),
    fatal: options.fatal ?? throwAtLarge,
  });
  threads.serve(system);
  await system.start();
  // Its session is opened by the first name: until then nothing keeps the process from ending.
  const terms = { ...endlessSession, opens: "with-first-claim" } as const;
  const { names, session } = useEmbeddedNames(system, node.name, terms);
  names.join();
  useRemoteSpawning(system, { session, kinds });
  system.events.useRelay(nobodyElse);
  await system.started(spawnDirectory(system));
  return system;
}

/** Topics of the cluster reach this one node. */
const nobodyElse: TopicRelay = { listened: () => {}, unlistened: () => {}, published: () => {} };

// Outside of the actor's turn in which the root gave up: there it would be taken for a bug of the engine.
function throwAtLarge(failure: Failure): void {
  setImmediate(() => {
    throw new Failure(failure.code, `the system cannot go on: ${failure.detail}`, failure);
  });
}
