import assert from "node:assert/strict";
import { test } from "node:test";
import { membershipLimits } from "#protocols/cluster/membership-limits.ts";
import type { HeartbeatEvents, HeartbeatWire } from "#runtime/cluster/membership/heartbeat-wire.ts";
import { HeartbeatsActor } from "#runtime/cluster/membership/heartbeats.ts";
import { type Member, type MemberEvent, memberTopic } from "#runtime/cluster/membership/member.ts";
import { Members } from "#runtime/cluster/membership/members.ts";
import { noTransport } from "#runtime/core/no-transport.ts";
import { ActorSystem } from "#runtime/core/system.ts";
import { VirtualTime } from "#runtime/testkit/index.ts";
import { TableDirectory } from "../directory/table-directory.ts";

/** All wires of one network, on which everything arrives at once. */
class MemoryAir {
  readonly #listeners = new Map<string, Map<string, HeartbeatEvents>>();
  readonly #mute = new Set<string>();
  published = 0;
  heard = 0;

  mute(name: string): void {
    this.#mute.add(name);
  }

  unmute(name: string): void {
    this.#mute.delete(name);
  }

  wireOf(name: string): HeartbeatWire {
    let events: HeartbeatEvents | undefined;
    return {
      attend: (given) => {
        events = given;
      },
      publish: (frame) => {
        if (this.#mute.has(name)) return;
        this.published += 1;
        for (const listener of this.#listeners.get(name)?.values() ?? []) {
          this.heard += 1;
          listener.heard(name, frame);
        }
      },
      watch: (peer) => {
        const listeners = this.#listeners.get(peer) ?? new Map();
        this.#listeners.set(peer, listeners.set(name, events));
      },
      unwatch: (peer) => {
        this.#listeners.get(peer)?.delete(name);
      },
      close: () => {},
    };
  }
}

class Crowd {
  readonly time = new VirtualTime();
  readonly air = new MemoryAir();
  readonly directory = new TableDirectory();
  readonly suspicions: string[] = [];
  readonly downs: string[] = [];
  readonly #systems: ActorSystem[] = [];

  async join(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) await this.#joinOne(`n${index}`);
    await this.time.advance(3 * membershipLimits.heartbeatMs);
  }

  async stop(): Promise<void> {
    for (const system of this.#systems) await this.time.until(system.stop(0), 600_000);
  }

  async #joinOne(name: string): Promise<void> {
    const node = { name, incarnation: 1 };
    const system = new ActorSystem({
      node,
      clock: this.time,
      timers: this.time.createTimers(),
      executor: this.time,
      random: { next: () => 0.5 },
      log: { write: () => {} },
      transport: noTransport,
      fatal: (failure) => {
        throw failure;
      },
    });
    this.#systems.push(system);
    const record = { heartbeats: `memory:${name}` };
    await this.directory.open({ node, ttlMs: 10_000, record, predecessor: "unknown" });
    system.events.subscribe(memberTopic, (event: MemberEvent) => {
      const told = event.kind === "suspected" ? `suspected ${event.verdict.kind}` : event.kind;
      if (told === "joined" || told === "up") return;
      this.suspicions.push(`${name}: ${event.member.node.name} ${told}`);
    });
    system.spawn(HeartbeatsActor, {
      directory: this.directory,
      ports: system,
      wire: this.air.wireOf(name),
      members: new Members(),
      suspect: () => {},
      down: (member: Member) => this.downs.push(`${name}: ${member.node.name}`),
    });
  }
}

const nodeSeconds = async (count: number): Promise<{ sent: number; heard: number }> => {
  const crowd = new Crowd();
  await crowd.join(count);
  const { heard, published } = crowd.air;
  await crowd.time.advance(4_000);
  assert.deepEqual(crowd.suspicions, []);
  const per = count * 4;
  const rates = {
    sent: (crowd.air.published - published) / per,
    heard: (crowd.air.heard - heard) / per,
  };
  await crowd.stop();
  return rates;
};

test("heartbeats a node and second are the same among 10, 100 and 500 nodes", async () => {
  for (const count of [10, 100, 500]) {
    const { sent, heard } = await nodeSeconds(count);
    assert.equal(sent, 2, `${count} nodes`);
    assert.equal(heard, 2 * membershipLimits.monitors, `${count} nodes`);
  }
});

test("a node that falls silent is suspected by its monitors within 2.5 s, and trusted when it is heard", async () => {
  const crowd = new Crowd();
  await crowd.join(30);
  crowd.air.mute("n7");
  // It hears those that say that they miss it, and may call that one way.
  const ofIt = () => crowd.suspicions.filter((text) => text.includes(": n7 "));
  const isSuspected = () => ofIt().length >= membershipLimits.monitors;
  const startMs = crowd.time.now();
  assert(await crowd.time.advanceUntil(isSuspected, 2_500));
  assert(crowd.time.now() - startMs >= 1_000);
  await crowd.time.advance(1_000);
  assert.equal(ofIt().length, membershipLimits.monitors);
  assert(ofIt().every((text) => text.endsWith("n7 suspected unreachable")));
  crowd.air.unmute("n7");
  await crowd.time.advance(1_000);
  const later = ofIt().slice(membershipLimits.monitors);
  assert.equal(later.length, membershipLimits.monitors);
  assert(later.every((text) => text.endsWith("n7 trusted")));
  await crowd.stop();
});

test("a member whose session has ended is down everywhere, once, and links are told", async () => {
  const crowd = new Crowd();
  await crowd.join(12);
  crowd.air.mute("n3");
  await crowd.directory.close({ name: "n3", incarnation: 1 });
  await crowd.time.advance(5_000);
  const all = Array.from({ length: 12 }, (_, index) => `n${index}: n3`);
  const others = all.filter((text) => text !== "n3: n3");
  assert.deepEqual([...crowd.downs].sort(), [...others].sort());
  assert.deepEqual([...crowd.suspicions].sort(), all.map((text) => `${text} down`).sort());
  await crowd.stop();
});
