// One life of a simulated node: a process on the network, and the engine that runs in it.
import type { NodeId } from "#protocols/address.ts";
import { createCodec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { DirectoryJournal } from "#runtime/cluster/directory/directory-journal.ts";
import {
  endlessSession,
  spawnDirectory,
  useEmbeddedNames,
} from "#runtime/cluster/names/node-names.ts";
import {
  ActorKinds,
  actorKindsKey,
  type NamedActorClass,
} from "#runtime/cluster/remote/actor-kinds.ts";
import type { Buggify } from "#runtime/core/buggify.ts";
import type { Log, RefCodec } from "#runtime/core/ports.ts";
import { ActorRef } from "#runtime/core/ref.ts";
import { ActorSystem } from "#runtime/core/system.ts";
import type { Persistence } from "#runtime/persistence/journal.ts";
import { type ClockFault, NodeTime } from "#runtime/testkit/node-time.ts";
import type { Agenda } from "./agenda.ts";
import type { Chance } from "./chance.ts";
import type { Occurrence } from "./history.ts";
import { LifeObserver } from "./life-observer.ts";
import { ProcessExecutor, sharedTimeOf } from "./node-ports.ts";
import type { Operations } from "./operations.ts";
import type { Disk, SimulatedDisk } from "./simulated-disk.ts";
import type { SimulatedNetwork } from "./simulated-network.ts";
import { persistenceOn } from "./simulated-persistence.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import { SimulatedTransport } from "./simulated-transport.ts";

/** What `build` and `perform` get: one life of one node, for as long as it lasts. */
export interface SimulatedHost {
  readonly node: NodeId;
  readonly system: ActorSystem;
  readonly disk: Disk;
  /** A store of actors on that disk: `storedIn(host.persistence, TheClass)`. */
  readonly persistence: Persistence;
  readonly chance: Chance;
  readonly buggify: Buggify;
  /** The simulation's own clock, which is nobody's; actors have `ctx.now`. */
  now(): number;
  /** Enters it in the history; of a life that is over nothing is entered. */
  record(occurrence: Occurrence): void;
}

/** What one life is made of. */
export interface Birth {
  readonly node: NodeId;
  readonly agenda: Agenda;
  readonly chance: Chance;
  readonly network: SimulatedNetwork;
  readonly operations: Operations;
  readonly buggify: Buggify;
  readonly addresses: ReadonlyMap<string, string>;
  readonly director: string;
  readonly protocols: readonly Protocol<unknown>[];
  readonly actors: readonly NamedActorClass[];
  readonly disk: SimulatedDisk;
  /** Outlives the lives of a director. */
  readonly directoryJournal: DirectoryJournal;
  readonly newSession: () => number;
  readonly log: Log;
  readonly fatal: (failure: Failure) => void;
  readonly record: (occurrence: Occurrence) => void;
  readonly lost: (envelopes: readonly Envelope[]) => void;
  readonly noted: (what: string) => void;
  readonly build: (host: SimulatedHost) => void | Promise<void>;
}

export interface Incarnation {
  readonly process: SimulatedProcess;
  readonly clock: NodeTime;
  readonly host: SimulatedHost;
  /** Whether the user's `build` has ended. */
  readonly isBuilt: boolean;
  /** Opens the links and lets the user build; tells when that failed. */
  begin(failed: (statement: string) => void): Promise<void>;
}

export function createIncarnation(birth: Birth, clockFault: ClockFault): Incarnation {
  const { node, agenda, chance, buggify } = birth;
  const runner = (): SimulatedProcess => process;
  const clock = new NodeTime(sharedTimeOf(agenda, runner), clockFault);
  const now = (): number => clock.now();
  const { operations, lost, noted } = birth;
  const transport = new SimulatedTransport({ operations, lost, process: runner });
  // The links carry refs, and the system that makes refs needs the links: it is asked late.
  const refs: RefCodec = {
    describe: (value) => system.describe(value),
    revive: (address, protocolId) => system.revive(address, protocolId),
  };
  const process = new SimulatedProcess({
    node,
    address: birth.addresses.get(node.name) ?? "",
    peers: birth.addresses,
    agenda,
    chance: chance.branch("process"),
    network: birth.network,
    codec: createCodec({ refs, refClass: ActorRef }),
    newSession: birth.newSession,
    now,
    buggify,
    noted,
  });
  const system: ActorSystem = new ActorSystem({
    node,
    clock,
    timers: clock,
    random: chance.branch("system").random,
    executor: new ProcessExecutor({ agenda, runner, buggify, chance: chance.branch("executor") }),
    log: birth.log,
    transport,
    protocols: birth.protocols,
    observer: new LifeObserver(birth.record),
    fatal: birth.fatal,
  });
  system.provide(actorKindsKey, new ActorKinds(birth.actors));
  useEmbeddedNames(system, birth.director, { ...endlessSession, predecessor: "gone" });
  const host = hostOf(birth, system, process);
  let isBuilt = false;
  return {
    ...{ process, clock, host },
    get isBuilt() {
      return isBuilt;
    },
    begin: async (failed) => {
      await begin(birth, host, failed);
      isBuilt = true;
    },
  };
}

async function begin(
  { director, directoryJournal: journal, build }: Birth,
  host: SimulatedHost,
  failed: (statement: string) => void,
): Promise<void> {
  const { node, system } = host;
  try {
    await system.start();
    if (director === node.name) spawnDirectory(system, { journal });
    await build(host);
  } catch (error) {
    failed(`could not be built: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

function hostOf(birth: Birth, system: ActorSystem, process: SimulatedProcess): SimulatedHost {
  const { node, agenda, chance, buggify } = birth;
  const isAlive = (): boolean => process.state !== "gone";
  const disk = birth.disk.open({ isAlive, run: (act) => process.run(act) });
  return {
    node,
    system,
    disk,
    persistence: persistenceOn(disk),
    chance: chance.branch("host"),
    buggify,
    now: () => agenda.nowMs,
    record: (occurrence) => {
      if (isAlive()) birth.record(occurrence);
    },
  };
}
