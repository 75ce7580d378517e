// A node with real heartbeats on loopback and a directory of its own that knows the whole roster from the
// start and ends no session: what is left is suspicion.
import { HeartbeatsActor } from "#runtime/cluster/membership/heartbeats.ts";
import { type Member, type MemberEvent, memberTopic } from "#runtime/cluster/membership/member.ts";
import { Members } from "#runtime/cluster/membership/members.ts";
import { noTransport } from "#runtime/core/no-transport.ts";
import { ActorSystem } from "#runtime/core/system.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { nodeExecutor } from "#runtime/host/node-executor.ts";
import { nodeRandom } from "#runtime/host/node-random.ts";
import { NodeTimers } from "#runtime/host/node-timers.ts";
import { ZeromqHeartbeats } from "#runtime/links/zeromq-heartbeats.ts";
import { TableDirectory } from "../directory/table-directory.ts";

/** Heartbeat addresses by name. */
export type Roster = Readonly<Record<string, string>>;

export interface Suspicion {
  readonly of: string;
  /** `trusted`, or what it is suspected of. */
  readonly verdict: string;
  readonly why: string;
  readonly atMs: number;
}

export class HeartbeatNode {
  readonly name: string;
  readonly suspicions: Suspicion[] = [];
  readonly #wire: ZeromqHeartbeats;
  #system: ActorSystem | undefined;
  #told: () => void = () => {};

  private constructor(name: string, wire: ZeromqHeartbeats) {
    this.name = name;
    this.#wire = wire;
  }

  static async bind(name: string): Promise<HeartbeatNode> {
    const address = "tcp://127.0.0.1:*";
    return new HeartbeatNode(name, await ZeromqHeartbeats.bind({ address, now: nodeClock.now }));
  }

  get address(): string {
    return this.#wire.address;
  }

  async start(roster: Roster): Promise<void> {
    const directory = new TableDirectory();
    for (const [name, heartbeats] of Object.entries(roster)) {
      const node = { name, incarnation: 1 };
      await directory.open({ node, ttlMs: 60_000, record: { heartbeats }, predecessor: "unknown" });
    }
    const system = new ActorSystem({
      node: { name: this.name, incarnation: 1 },
      clock: nodeClock,
      random: nodeRandom(),
      timers: new NodeTimers(nodeClock),
      executor: nodeExecutor,
      log: { write: () => {} },
      transport: noTransport,
      fatal: (failure) => {
        throw failure;
      },
    });
    this.#system = system;
    system.events.subscribe(memberTopic, (event: MemberEvent) => this.#happened(event));
    const wire = this.#wire;
    const down = (_: Member): void => {};
    const members = new Members();
    const suspect = (): void => {};
    system.spawn(HeartbeatsActor, { directory, ports: system, wire, members, suspect, down });
  }

  /** Milliseconds since `sinceMs` until it holds this of that node. */
  async until(of: string, verdicts: readonly string[], sinceMs: number): Promise<number> {
    for (;;) {
      const found = this.suspicions.find(
        (told) => told.of === of && told.atMs >= sinceMs && verdicts.includes(told.verdict),
      );
      if (found) return found.atMs - sinceMs;
      await new Promise<void>((resolve) => {
        this.#told = resolve;
      });
    }
  }

  async stop(): Promise<void> {
    await this.#system?.stop(1_000);
    this.#wire.close();
  }

  #happened(event: MemberEvent): void {
    if (event.kind !== "suspected" && event.kind !== "trusted") return;
    const verdict = event.kind === "suspected" ? event.verdict.kind : "trusted";
    const { node, why } = event.member;
    this.suspicions.push({ of: node.name, verdict, why, atMs: nodeClock.now() });
    this.#told();
  }
}

/** Nothing else runs on this thread meanwhile. */
export function block(ms: number): void {
  const endMs = nodeClock.now() + ms;
  while (nodeClock.now() < endMs);
}
