// Many members in virtual time: real sessions in a directory that one of them keeps, and real heartbeats
// and verdicts, over a network that is nothing but a count of what arrives.
import type { NodeId } from "#protocols/address.ts";
import { MemoryDirectoryJournal } from "#runtime/cluster/directory/directory-journal.ts";
import type { HeartbeatEvents, HeartbeatWire } from "#runtime/cluster/membership/heartbeat-wire.ts";
import { joinMembers } from "#runtime/cluster/membership/join-members.ts";
import { Members } from "#runtime/cluster/membership/members.ts";
import { spawnDirectory, useEmbeddedNames } from "#runtime/cluster/names/node-names.ts";
import type { Transport } from "#runtime/core/ports.ts";
import { ActorSystem } from "#runtime/core/system.ts";
import { MemoryNetwork, VirtualTime } from "#runtime/testkit/index.ts";

const director = "n0";
/** Milliseconds; sessions are renewed every third of it. */
const ttlMs = 3_000;

export class MemberCrowd {
  readonly #time = new VirtualTime();
  readonly #network = new MemoryNetwork();
  readonly #listeners = new Map<string, Map<string, HeartbeatEvents>>();
  readonly #systems: ActorSystem[] = [];
  readonly #members: Members[] = [];
  #messages = 0;

  async join(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) await this.#joinOne(`n${index}`);
    // All have heard of all, and chosen whom to watch.
    await this.#time.advance(3_000);
  }

  /** Messages that arrive at all nodes together in so many virtual milliseconds. */
  async messagesIn(ms: number): Promise<number> {
    const before = this.#messages;
    await this.#time.advance(ms);
    return this.#messages - before;
  }

  /** Suspicions so far, of anybody by anybody. */
  get suspicions(): number {
    return this.#members
      .flatMap(({ counts }) => Object.values(counts.suspicions))
      .reduce((sum, count) => sum + count, 0);
  }

  /** Members that are up, summed over all nodes' views. */
  get upCount(): number {
    return this.#members
      .map(({ all }) => all.filter(({ status }) => status === "up").length)
      .reduce((sum, count) => sum + count, 0);
  }

  async end(): Promise<void> {
    for (const system of this.#systems.reverse()) await this.#time.until(system.stop(0), 600_000);
  }

  async #joinOne(name: string): Promise<void> {
    const node = { name, incarnation: 1 };
    const system: ActorSystem = new ActorSystem({
      node,
      clock: this.#time,
      timers: this.#time.createTimers(),
      executor: this.#time,
      random: { next: () => 0.5 },
      log: { write: () => {} },
      transport: this.#counted(node, () => system),
      fatal: (failure) => {
        throw failure;
      },
    });
    this.#systems.push(system);
    if (name === director) {
      const journal = new MemoryDirectoryJournal();
      spawnDirectory(system, { journal, sessionsEnd: "with-their-time" });
    }
    await system.start();
    const record = { address: name, heartbeats: name };
    const { names, session } = useEmbeddedNames(system, director, { ttlMs, record });
    const members = new Members();
    this.#members.push(members);
    const links = { quarantine: () => {}, meet: () => {} };
    joinMembers(system, { session, members, links, wire: this.#wireOf(name) });
    names.join();
    await this.#time.until(session.opened);
  }

  #counted(node: NodeId, system: () => ActorSystem): Transport {
    const inner = this.#network.transportOf(node, system);
    return {
      ...inner,
      send: (to, envelope) => {
        const outcome = inner.send(to, envelope);
        if (outcome === "accepted") this.#messages += 1;
        return outcome;
      },
    };
  }

  #wireOf(name: string): HeartbeatWire {
    let events: HeartbeatEvents | undefined;
    const listenersOf = (peer: string): Map<string, HeartbeatEvents> => {
      const listeners = this.#listeners.get(peer) ?? new Map<string, HeartbeatEvents>();
      this.#listeners.set(peer, listeners);
      return listeners;
    };
    return {
      attend: (given) => {
        events = given;
      },
      publish: (frame) => {
        for (const listener of listenersOf(name).values()) {
          this.#messages += 1;
          listener.heard(name, frame);
        }
      },
      watch: (peer) => {
        if (events) listenersOf(peer).set(name, events);
      },
      unwatch: (peer) => {
        listenersOf(peer).delete(name);
      },
      close: () => {},
    };
  }
}
