// A few nodes on one virtual time, the first with the directory, on a network that can cut a node off
// without telling anybody, as a switch that fails does.
import type { NodeId } from "#protocols/address.ts";
import { type Lane, laneOf } from "#protocols/lanes.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { MemoryDirectoryJournal } from "#runtime/cluster/directory/directory-journal.ts";
import type { DirectorySession } from "#runtime/cluster/directory/directory-session.ts";
import { memberTopic } from "#runtime/cluster/membership/member.ts";
import type { ClusterNames } from "#runtime/cluster/names/cluster-names.ts";
import { spawnDirectory, useEmbeddedNames } from "#runtime/cluster/names/node-names.ts";
import { ActorKinds, type NamedActorClass } from "#runtime/cluster/remote/actor-kinds.ts";
import { recordValue } from "#runtime/cluster/remote/node-traits.ts";
import { type RemoteSpawning, useRemoteSpawning } from "#runtime/cluster/remote/remote-spawning.ts";
import { ClusterTopics } from "#runtime/cluster/topics/cluster-topics.ts";
import type { Transport } from "#runtime/core/ports.ts";
import { ActorSystem } from "#runtime/core/system.ts";
import { TimerQueue } from "#runtime/core/timer-queue.ts";
import { VirtualTime } from "#runtime/testkit/index.ts";
import { MemoryNetwork } from "#runtime/testkit/memory-network.ts";

/** What a node of the stage has and takes. */
export interface StageTerms {
  readonly incarnation?: number;
  readonly roles?: readonly string[];
  readonly capabilities?: readonly string[];
  readonly actors?: readonly NamedActorClass[];
}

export interface StageNode {
  readonly remote: RemoteSpawning;
  readonly node: NodeId;
  readonly system: ActorSystem;
  readonly session: DirectorySession;
  readonly names: ClusterNames;
}

export class ClusterStage {
  readonly time = new VirtualTime();
  readonly ttlMs: number;
  readonly logged: string[] = [];
  readonly #network = new MemoryNetwork();
  readonly #cut = new Set<string>();
  readonly #suspects = new Set<string>();
  readonly #sent: { readonly from: string; readonly to: string; readonly method: string }[] = [];
  readonly #slow = new Map<string, { readonly ms: number; readonly lanes: readonly Lane[] }>();
  readonly #timers = new TimerQueue(this.time, this.time.createTimers());
  readonly #journal = new MemoryDirectoryJournal();
  readonly #protocols: readonly Protocol<unknown>[];
  readonly #systems: ActorSystem[] = [];
  #director: { readonly name: string } | undefined;

  constructor(protocols: readonly Protocol<unknown>[], ttlMs = 3_000) {
    this.#protocols = protocols;
    this.ttlMs = ttlMs;
  }

  /** The first one has the directory. */
  async start(name: string, terms: StageTerms = {}): Promise<StageNode> {
    const { actors = [], capabilities = [], incarnation = 1, roles = [] } = terms;
    const node = { name, incarnation };
    const system: ActorSystem = new ActorSystem({
      node,
      clock: this.time,
      timers: this.time.createTimers(),
      executor: this.time,
      random: { next: () => 0.5 },
      log: { write: (level, actor, text) => this.logged.push(`${name} ${level} ${actor} ${text}`) },
      transport: this.#cuttable(
        name,
        this.#network.transportOf(node, () => system),
      ),
      protocols: this.#protocols,
      fatal: (failure) => this.logged.push(`${name} fatal ${failure.message}`),
    });
    this.#systems.push(system);
    this.#cut.delete(name);
    this.#director ??= node;
    if (this.#director.name === name) {
      spawnDirectory(system, { journal: this.#journal, sessionsEnd: "with-their-time" });
    }
    await system.start();
    const record = recordValue({ address: name, roles, capabilities, about: null });
    const { ttlMs } = this;
    const embedded = useEmbeddedNames(system, this.#director.name, { ttlMs, record });
    embedded.names.join();
    const { session } = embedded;
    const isSuspect = (suspected: string): boolean => this.#suspects.has(suspected);
    const kinds = new ActorKinds(actors);
    const remote = useRemoteSpawning(system, { session, kinds, isSuspect });
    system.events.useRelay(new ClusterTopics(system, session));
    if (this.#director.name !== name) {
      system.onShutdown("leave-cluster", "the session", (ms) => session.close(ms));
    }
    await this.time.until(embedded.session.opened);
    return { node, system, remote, ...embedded };
  }

  /** Nothing comes to it, nothing leaves it, and nobody is told. */
  cut(name: string): void {
    this.#cut.add(name);
  }

  /** What it sends takes so long from now on, in its order. */
  slow(name: string, ms: number): void {
    this.#slow.set(name, { ms, lanes: ["control", "messages"] });
  }

  /** The same, but what goes in the control lane overtakes the rest. */
  slowMessages(name: string, ms: number): void {
    this.#slow.set(name, { ms, lanes: ["messages"] });
  }

  heal(name: string): void {
    this.#cut.delete(name);
  }

  /** All nodes suspect that one, or trust it again. */
  suspect(name: string, verdict: "suspected" | "trusted"): void {
    if (verdict === "suspected") this.#suspects.add(name);
    else this.#suspects.delete(name);
    const node = { name, incarnation: 1 };
    const member = { node, status: "up", record: null, state: null, why: "" } as const;
    const news = { kind: "trusted", member } as const;
    for (const system of this.#systems) system.events.publish(memberTopic, news);
  }

  /** The process is gone, and its peers notice. */
  takeDown(name: string): void {
    this.#network.takeDown(name);
  }

  /** How many messages of that method one node has sent to another. */
  sent(from: string, to: string, method: string): number {
    return this.#sent.filter(
      (each) => each.from === from && each.to === to && each.method === method,
    ).length;
  }

  async end(): Promise<void> {
    for (const system of this.#systems.reverse()) await this.time.until(system.stop(0), 600_000);
  }

  #cuttable(name: string, inner: Transport): Transport {
    const isCut = (other: string): boolean => this.#cut.has(name) || this.#cut.has(other);
    return {
      send: (to, envelope) => {
        const method = "method" in envelope ? envelope.method : envelope.kind;
        this.#sent.push({ from: name, to: to.name, method });
        if (isCut(to.name)) return "accepted";
        const slow = this.#slow.get(name);
        if (!slow?.lanes.includes(laneOf(envelope))) return inner.send(to, envelope);
        this.#timers.set(this.time.now() + slow.ms, () => inner.send(to, envelope));
        return "accepted";
      },
      released: (from, messages, bytes) => inner.released(from, messages, bytes),
      start: (events) =>
        inner.start({
          deliver: (from, envelope, bytes) =>
            isCut(from.name) ? "taken" : events.deliver(from, envelope, bytes),
          congested: (node, isCongested) => events.congested(node, isCongested),
          introduction: () => events.introduction(),
          introduced: (node, introduction) => events.introduced(node, introduction),
          nodeDown: (down, lost) => {
            if (!this.#cut.has(name)) events.nodeDown(down, lost);
          },
          nodeUp: (up) => events.nodeUp(up),
          refused: (by, reason) => events.refused(by, reason),
        }),
      stop: (deadlineMs) => inner.stop(deadlineMs),
    };
  }
}
