// A system of one node on virtual time, with a directory of its own and a log that is kept.
import { DirectoryActor } from "#runtime/cluster/directory-actor.ts";
import { ClusterNames } from "#runtime/cluster/cluster-names.ts";
import type { Log, LogLevel, Transport } from "#runtime/core/ports.ts";
import { ActorSystem, type SystemOptions } from "#runtime/core/system.ts";
import type { Failure } from "#protocols/failure.ts";
import { VirtualTime } from "./virtual-time.ts";

export interface LogLine {
  readonly level: LogLevel;
  readonly actor: string;
  readonly message: string;
}

/** A transport that knows no other node. */
export const noTransport: Transport = {
  send: () => "not_found",
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};

export interface TestSystem {
  readonly system: ActorSystem;
  readonly time: VirtualTime;
  readonly log: readonly LogLine[];
  readonly fatal: readonly Failure[];
}

export function createTestSystem(options: Partial<SystemOptions> = {}): TestSystem {
  const time = new VirtualTime();
  const lines: LogLine[] = [];
  const fatal: Failure[] = [];
  const log: Log = { write: (level, actor, message) => lines.push({ level, actor, message }) };
  const system = new ActorSystem({
    node: { name: "test", incarnation: 1 },
    clock: time,
    timers: time,
    executor: time,
    random: { next: () => 0.5 },
    log,
    transport: noTransport,
    fatal: (failure) => fatal.push(failure),
    ...options,
  });
  system.useNames(new ClusterNames(system, system.node.name));
  system.spawn(DirectoryActor, { name: "directory" });
  return { system, time, log: lines, fatal };
}
