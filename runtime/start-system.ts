// The one place where real clocks, entropy and sockets meet the engine: options in, running node out.
import { randomInt } from "node:crypto";
import type { NodeId } from "#protocols/address.ts";
import { createCodec } from "#protocols/codec.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { Directory } from "./cluster/directory/directory.ts";
import { MemoryDirectoryJournal } from "./cluster/directory/directory-journal.ts";
import type { DirectorySession, SessionTerms } from "./cluster/directory/directory-session.ts";
import { EmbeddedDirectory } from "./cluster/directory/embedded-directory.ts";
import { RedisDirectory, type RedisDirectoryOptions } from "./cluster/directory/redis-directory.ts";
import type { Members } from "./cluster/membership/members.ts";
import { drainAtShutdown } from "./cluster/moving/drain-at-shutdown.ts";
import { MovingActors } from "./cluster/moving/moving-actors.ts";
import { spawnDirectory, useDirectory } from "./cluster/names/node-names.ts";
import { ActorKinds, type NamedActorClass } from "./cluster/remote/actor-kinds.ts";
import { recordValue } from "./cluster/remote/node-traits.ts";
import { useRemoteSpawning } from "./cluster/remote/remote-spawning.ts";
import { ClusterTopics } from "./cluster/topics/cluster-topics.ts";
import type { MessageCare } from "./core/message-care.ts";
import type { Observer } from "./core/observer.ts";
import type { Log, RefCodec } from "./core/ports.ts";
import { ActorRef } from "./core/ref.ts";
import type { SupervisionSpec } from "./core/supervision.ts";
import { ActorSystem } from "./core/system.ts";
import { nodeClock } from "./host/node-clock.ts";
import { nodeExecutor } from "./host/node-executor.ts";
import { nodeRandom } from "./host/node-random.ts";
import { NodeTimers } from "./host/node-timers.ts";
import { type LinkSecurity, plainSecurity } from "./links/link-security.ts";
import { LinkTransport } from "./links/link-transport.ts";
import { zeromqCarrier } from "./links/zeromq-carrier.ts";
import { type MembershipTerms, NodeMembers } from "./node-members.ts";
import { SqliteDirectoryJournal } from "./stores/sqlite-directory-journal.ts";
import { Threads } from "./threads/threads.ts";

export interface NodeOptions {
  readonly node: NodeId;
  /**
   * The cluster's name. Links to nodes that name another one are refused, so that clusters whose addresses
   * are mixed up stay apart. Default: none, and nobody is refused.
   */
  readonly cluster?: string;
  /** `tcp://127.0.0.1:7600`, or port `*` for any free one. */
  readonly bind: string;
  /** The node that holds the directory of names. */
  readonly director: string;
  /** On the director: the file of the directory. Default: it is kept in memory. */
  readonly directoryFile?: string;
  /** The directory is in this Redis, for all nodes of the cluster. Default: with the director. */
  readonly redis?: RedisDirectoryOptions;
  /** Of this node's session in the directory; others see the record with the node's address. */
  readonly session?: SessionTerms;
  /**
   * Milliseconds in which a peer whose process may still be there is not heard until it is declared down,
   * for good, between the two. Default 1500, at least 150. One whose machine refuses connections to it is
   * down after 1500 in any case.
   */
  readonly downAfterMs?: number;
  /** How this node is heard by others, and watched. */
  readonly membership?: MembershipTerms;
  /** Addresses of nodes known beforehand, by name; others are learned when they call. */
  readonly peers: ReadonlyMap<string, string>;
  /** Protocols of refs that may arrive in messages. */
  readonly protocols: readonly Protocol<unknown>[];
  /** Actor classes that other nodes may name, as to spawn one here. Default: none. */
  readonly actors?: readonly NamedActorClass[];
  /**
   * `shutdown` first moves away what can move (`actors` says which classes), for at most so many
   * milliseconds. Default: all actors end with their node.
   */
  readonly drainMs?: number;
  /** What this node is for, and what it has: others place actors by it. Default: none. */
  readonly roles?: readonly string[];
  readonly capabilities?: readonly string[];
  readonly log: Log;
  /** Who may connect, and how nodes prove who they are; closed by whoever opened it. Default: no keys. */
  readonly security?: LinkSecurity;
  /** Sees everything that happens to messages and actors: that of an `Observation`, or your own. */
  readonly observer?: Observer;
  /** How the root guardian treats the actors spawned by the system. Default: as any actor. */
  readonly supervise?: SupervisionSpec;
  /** For development: `frozenMessages` or `copiedMessages`. Default: messages pass by reference. */
  readonly messages?: MessageCare;
}

export interface StartedNode {
  readonly system: ActorSystem;
  /** Where other nodes reach this one. */
  readonly address: string;
  /** The node's session in the directory: whether it may act on the names that it holds. */
  readonly session: DirectorySession;
  /** Who belongs to the cluster, who is suspected, and who is to get new work. */
  readonly members: Members;
  /** The root guardian gave up, the session is lost, or the keys fail: the node cannot go on. */
  readonly failed: Promise<Failure>;
}

/** Starts a node: its links are open and names can be looked up; no actor of the user lives yet. */
export async function startSystem(options: NodeOptions): Promise<StartedNode> {
  const { node, log, security = plainSecurity("machine") } = options;
  let fail: (failure: Failure) => void = () => {};
  const failed = new Promise<Failure>((resolve) => {
    fail = resolve;
  });
  // The transport carries refs, and the system that makes refs needs a transport: it is asked late.
  const refs: RefCodec = {
    describe: (value) => system.describe(value),
    revive: (address, protocolId) => system.revive(address, protocolId),
  };
  const heartbeats = new NodeMembers(options.membership);
  const transport = new LinkTransport({
    node,
    ...(options.cluster === undefined ? {} : { cluster: options.cluster }),
    bind: options.bind,
    peers: options.peers,
    carrier: zeromqCarrier(security.sockets),
    identity: security.identity,
    reach: security.reach,
    ...(options.downAfterMs === undefined ? {} : { downAfterMs: options.downAfterMs }),
    clock: nodeClock,
    timers: new NodeTimers(nodeClock),
    executor: nodeExecutor,
    newSession: () => randomInt(1, 2 ** 48 - 1),
    log,
    dialled: (peer, sight) => heartbeats.dialled(peer, sight),
    codec: createCodec({ refs, refClass: ActorRef }),
  });
  const moving = new MovingActors(node, transport);
  const threads = new Threads(node, node.name, moving.transport);
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
    ...(options.messages === undefined ? {} : { messages: options.messages }),
    ...(options.supervise === undefined ? {} : { supervise: options.supervise }),
    fatal: fail,
  });
  const kinds = new ActorKinds(options.actors ?? []);
  if (options.drainMs !== undefined) drainAtShutdown(system, options.drainMs);
  let joined: DirectorySession | undefined;
  moving.serve(system, {
    kinds,
    session: () => joined ?? notJoined(node),
    quarantine: (gone, reason) => transport.quarantine(gone, reason),
  });
  threads.serve(system);
  const parts = { system, transport, heartbeats, kinds };
  const { address, session } = await join(parts, options, fail).catch((cause: unknown) => {
    heartbeats.close();
    throw cause;
  });
  joined = session;
  session.onLost(fail);
  void security.failed.then(fail);
  security.onRevoked((keys) => {
    const revoked = new Set(keys.map(({ key }) => key));
    const cut = [transport.revoke(revoked), heartbeats.revoke()];
    Promise.all(cut).catch((cause: unknown) => fail(Failure.of(cause)));
  });
  return { system, address, session, members: heartbeats.members, failed };
}

function notJoined({ name }: NodeId): never {
  throw new Failure("unavailable", `${name} has not joined its cluster yet; try later`);
}

/** Opens the links, and the session: names are claimed with it. */
async function join(
  parts: {
    readonly system: ActorSystem;
    readonly transport: LinkTransport;
    readonly heartbeats: NodeMembers;
    readonly kinds: ActorKinds;
  },
  options: NodeOptions,
  fail: (failure: Failure) => void,
): Promise<{ readonly address: string; readonly session: DirectorySession }> {
  const { system, transport, heartbeats, kinds } = parts;
  const { director, redis, session: terms = {} } = options;
  const openDirectory = directoryOf(system, options, fail);
  const heard = await heartbeats.bind(options.bind, options.security ?? plainSecurity("machine"));
  await system.start();
  const directory = await openDirectory();
  const { address } = transport;
  const { capabilities = [], roles = [] } = options;
  const about = terms.record ?? null;
  const record = recordValue({ address, heartbeats: heard, roles, capabilities, about });
  const { names, session } = useDirectory(system, directory, { ...terms, record });
  heartbeats.join(system, session, transport);
  names.join();
  const isSuspect = (name: string): boolean => heartbeats.members.find(name)?.status === "suspect";
  const meet = (name: string, at: string): void => transport.meet(name, at);
  useRemoteSpawning(system, { session, kinds, isSuspect, meet });
  system.events.useRelay(new ClusterTopics(system, session));
  // With the director the directory has ended by then: its next life ends the sessions of this one.
  if (redis !== undefined || director !== system.node.name) {
    system.onShutdown("leave-cluster", "the session", (msMax) => session.close(msMax));
  }
  return { address, session };
}

/** The director's actor is there before the links open, so that whoever asks it finds it. */
function directoryOf(
  system: ActorSystem,
  { director, directoryFile: file, redis, session }: NodeOptions,
  fail: (failure: Failure) => void,
): () => Promise<Directory> {
  if (redis !== undefined) {
    const ttl = session?.ttlMs === undefined ? {} : { ttlMs: session.ttlMs };
    return async () => {
      const directory = await RedisDirectory.connect(system, { ...ttl, ...redis });
      system.onShutdown("close-links", "the connections to Redis", () => directory.disconnect());
      return directory;
    };
  }
  const isDirector = director === system.node.name;
  const keeper = isDirector
    ? spawnDirectory(system, {
        journal:
          file === undefined ? new MemoryDirectoryJournal() : new SqliteDirectoryJournal(file),
        sessionsEnd: "with-their-time",
      })
    : undefined;
  // What is asked of it waits until it has read its file, and nothing else does.
  if (keeper) system.started(keeper).catch((error: unknown) => fail(Failure.of(error)));
  return () => Promise.resolve(new EmbeddedDirectory(system, director));
}
