// One life of a simulated node: a process on the network, and the engine that runs in it.
import type { NodeId } from "#protocols/address.ts";
import { createCodec } from "#protocols/codec.ts";
import type { Envelope } from "#protocols/envelope.ts";
import type { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { DirectoryJournal } from "#runtime/cluster/directory/directory-journal.ts";
import type {
  DirectorySession,
  SessionTerms,
} from "#runtime/cluster/directory/directory-session.ts";
import { joinMembers } from "#runtime/cluster/membership/join-members.ts";
import { Members } from "#runtime/cluster/membership/members.ts";
import { MovingActors } from "#runtime/cluster/moving/moving-actors.ts";
import type { ClusterNames } from "#runtime/cluster/names/cluster-names.ts";
import {
  endlessSession,
  spawnDirectory,
  useEmbeddedNames,
} from "#runtime/cluster/names/node-names.ts";
import { ActorKinds, type NamedActorClass } from "#runtime/cluster/remote/actor-kinds.ts";
import { useRemoteSpawning } from "#runtime/cluster/remote/remote-spawning.ts";
import { ClusterTopics } from "#runtime/cluster/topics/cluster-topics.ts";
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
import { SimulatedDirectoryJournal } from "./simulated-directory-journal.ts";
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
  /** The node's session in the directory; without end, where the simulation names no `session`. */
  readonly session: DirectorySession;
  /** The members as this node sees them; none, where no heartbeats are heard. */
  readonly members: Members;
  readonly chance: Chance;
  readonly buggify: Buggify;
  /** The simulation's own clock, which is nobody's; actors have `ctx.now`. */
  now(): number;
  /** Enters it in the history; of a life that is over nothing is entered. */
  record(occurrence: Occurrence): void;
}

/** Sessions of simulated nodes: what they hold is theirs as long as they renew them. */
export interface SimulatedSessions {
  /** Milliseconds without renewal after which a session ends. */
  readonly ttlMs: number;
  /** Nodes hear each other's heartbeats, and suspect who falls silent. Default: they do not. */
  readonly heartbeats?: "heard";
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
  /** Outlives the lives of a director; for a directory that is kept in memory. */
  readonly directoryJournal: DirectoryJournal;
  /** Undefined: sessions have no end, and the directory is in memory. */
  readonly sessions: SimulatedSessions | undefined;
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
    resumed: () => birth.record({ kind: "node-resumed" }),
  });
  const moving = new MovingActors(node, transport);
  const system: ActorSystem = new ActorSystem({
    node,
    clock,
    timers: clock,
    random: chance.branch("system").random,
    executor: new ProcessExecutor({ agenda, runner, buggify, chance: chance.branch("executor") }),
    log: birth.log,
    transport: moving.transport,
    protocols: birth.protocols,
    observer: new LifeObserver(birth.record),
    fatal: birth.fatal,
  });
  const { names, session } = useEmbeddedNames(system, birth.director, sessionTerms(birth));
  const kinds = new ActorKinds(birth.actors);
  moving.serve(system, {
    kinds,
    session: () => session,
    quarantine: (gone, reason) => process.transport.quarantine(gone, reason),
    reached: (aid, { side, step }) =>
      birth.record({ kind: "fact", name: `${side} ${step}`, about: aid }),
  });
  useRemoteSpawning(system, { session, kinds });
  system.events.useRelay(new ClusterTopics(system, session));
  const host = hostOf(birth, { system, process, session });
  let isBuilt = false;
  return {
    ...{ process, clock, host },
    get isBuilt() {
      return isBuilt;
    },
    begin: async (failed) => {
      await begin(birth, { host, names, process }, failed);
      isBuilt = true;
    },
  };
}

/** Its former process is surely gone; not every launcher has seen that. */
function sessionTerms({ addresses, chance, node, sessions }: Birth): SessionTerms {
  if (sessions === undefined) return { ...endlessSession, predecessor: "gone" };
  const { ttlMs, heartbeats } = sessions;
  const predecessor = chance.branch("session").happens(0.5) ? "gone" : "unknown";
  if (heartbeats === undefined) return { ttlMs, predecessor };
  const address = addresses.get(node.name) ?? "";
  return { ttlMs, predecessor, record: { address, heartbeats: heartbeatsAddress(address) } };
}

const heartbeatsAddress = (address: string): string => `${address}/heartbeats`;

interface Born {
  readonly host: SimulatedHost;
  readonly names: ClusterNames;
  readonly process: SimulatedProcess;
}

async function begin(
  birth: Birth,
  { host, names, process }: Born,
  failed: (statement: string) => void,
): Promise<void> {
  const { director, directoryJournal, sessions, build, fatal } = birth;
  const { disk, members, node, session, system } = host;
  const journal = sessions ? new SimulatedDirectoryJournal(disk) : directoryJournal;
  const sessionsEnd = sessions ? "with-their-time" : "with-their-link";
  try {
    // As on a real node: the directory is there before the links open.
    if (director === node.name) spawnDirectory(system, { journal, sessionsEnd });
    await system.start();
    if (sessions) {
      if (sessions.heartbeats) {
        const wire = process.heartbeatsAt(heartbeatsAddress(process.address));
        joinMembers(system, { session, wire, members, links: process.transport });
      }
      names.join();
      const end = (failure: Failure): void => process.run(() => fatal(failure));
      session.onLost((failure) => endLater(birth, session, () => end(failure)));
      if (director !== node.name) {
        system.onShutdown("leave-cluster", "the session", (msMax) => session.close(msMax));
      }
    }
    await build(host);
  } catch (error) {
    failed(`could not be built: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

/** A process that gives up takes some time until it is over, within the margin of its session. */
function endLater(
  { agenda, chance }: Birth,
  { marginMs }: DirectorySession,
  end: () => void,
): void {
  agenda.after(chance.branch("end").within({ min: 0, max: marginMs / 2 }), end);
}

function hostOf(
  birth: Birth,
  parts: {
    readonly system: ActorSystem;
    readonly process: SimulatedProcess;
    readonly session: DirectorySession;
  },
): SimulatedHost {
  const { node, agenda, chance, buggify } = birth;
  const { system, process, session } = parts;
  const isAlive = (): boolean => process.state !== "gone";
  const disk = birth.disk.open({ isAlive, run: (act) => process.run(act) });
  return {
    node,
    system,
    session,
    members: new Members(),
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
