// A system of one node on virtual time, with a directory of its own and a log that is kept.

import type { Failure } from "#protocols/failure.ts";
import { ClusterNames } from "#runtime/cluster/cluster-names.ts";
import { DirectoryActor } from "#runtime/cluster/directory-actor.ts";
import { noTransport } from "#runtime/core/no-transport.ts";
import type { Log, LogLevel } from "#runtime/core/ports.ts";
import { ActorSystem, type SystemOptions } from "#runtime/core/system.ts";
import { MemoryNetwork } from "./memory-network.ts";
import { VirtualTime } from "./virtual-time.ts";

export interface LogLine {
  readonly level: LogLevel;
  readonly actor: string;
  readonly message: string;
}

export interface TestSystem {
  readonly system: ActorSystem;
  readonly time: VirtualTime;
  readonly log: readonly LogLine[];
  readonly fatal: readonly Failure[];
}

export interface TestSystemOptions extends Partial<SystemOptions> {
  /** Shared by the systems of one test. */
  readonly time?: VirtualTime;
  /** The node with the directory. Default: this one. */
  readonly director?: string;
}

export function createTestSystem(options: TestSystemOptions = {}): TestSystem {
  const time = options.time ?? new VirtualTime();
  const lines: LogLine[] = [];
  const fatal: Failure[] = [];
  const log: Log = { write: (level, actor, message) => lines.push({ level, actor, message }) };
  const system = new ActorSystem({
    node: { name: "test", incarnation: 1 },
    clock: time,
    timers: time.createTimers(),
    executor: time,
    random: { next: () => 0.5 },
    log,
    transport: noTransport,
    fatal: (failure) => fatal.push(failure),
    ...options,
  });
  const director = options.director ?? system.node.name;
  system.useNames(new ClusterNames(system, director));
  if (director === system.node.name) system.spawn(DirectoryActor, { name: "directory" });
  return { system, time, log: lines, fatal };
}

/** Two nodes, `a` with the directory and `b`, on one virtual time and one network. */
export async function createTestPair(
  protocols: SystemOptions["protocols"] = [],
): Promise<{ readonly a: TestSystem; readonly b: TestSystem; readonly network: MemoryNetwork }> {
  const time = new VirtualTime();
  const network = new MemoryNetwork();
  const create = (name: string, incarnation: number): TestSystem => {
    const node = { name, incarnation };
    const transport = network.transportOf(node, () => created.system);
    const created: TestSystem = createTestSystem({
      node,
      time,
      transport,
      protocols,
      director: "a",
    });
    return created;
  };
  const a = create("a", 3);
  const b = create("b", 5);
  await a.system.start();
  await b.system.start();
  return { a, b, network };
}
