// The shards of one kind that this node owns: claimed when they are free and it is theirs to claim,
// given back when they belong elsewhere. What it owns it owns by an entry of its session, whose
// revision is the fence; nothing passes to an actor when that session may have ended.
//
//   free ──claim──► claiming ──ours──► owned ──belongs elsewhere──► leaving ──drained──► given back
//                      ▲                  └── session lost: all actors are stopped at once
//                      └── messages that come this early are held
import type { NodeId } from "#protocols/address.ts";
import type { HeldReport, ShardTenureId } from "#protocols/cluster/keyed-protocol.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { Revision } from "#runtime/cluster/directory/directory.ts";
import type { DirectorySession } from "#runtime/cluster/directory/directory-session.ts";
import { retryMs } from "#runtime/cluster/directory/patient-call.ts";
import type { LogLevel } from "#runtime/core/ports.ts";
import type { RealmMessage, Realms } from "#runtime/core/realms.ts";
import { sleepUntil } from "#runtime/core/sleep.ts";
import type { AttachedSenders } from "./attached-senders.ts";
import { HandOver } from "./hand-over.ts";
import type { HeldMessages } from "./held-messages.ts";
import { shardsPrefix } from "./keyed-address.ts";
import type { KeyedSink } from "./keyed-sink.ts";
import type { KindEntries } from "./kind-entries.ts";
import type { LivingActors } from "./living-actors.ts";
import { hostsOfShards, type Placed } from "./shard-placement.ts";

export interface LeasePorts extends Placed {
  readonly session: DirectorySession;
  readonly entries: KindEntries;
  readonly living: LivingActors;
  readonly senders: AttachedSenders;
  readonly held: HeldMessages;
  readonly realms: Realms;
  /** All senders, this node's own included, are to hold what is for the shard. */
  hold(tenure: ShardTenureId): void;
  log(level: LogLevel, message: string): void;
}

/** Milliseconds between two looks at a shard that is drained. */
const drainLookMs = 10;

type Tenure =
  | { readonly kind: "claiming" }
  | { readonly kind: "owned"; readonly fence: Revision }
  | { readonly kind: "leaving"; readonly fence: Revision; readonly handOver: HandOver }
  | { readonly kind: "given-back"; readonly fence: Revision };

/** Where messages are held for a shard that is being claimed; no key has a slash. */
const earlyFor = (shard: number): string => `early/${shard}`;

export class ShardLeases {
  readonly #ports: LeasePorts;
  readonly #tenures = new Map<number, Tenure>();
  /** By shard: what is told late of an earlier tenure does not begin another. */
  readonly #givenBack = new Map<number, Revision>();
  readonly #whenEmpty: (() => void)[] = [];
  #isHosting = false;
  #isReconciling = false;
  #failures = 0;

  constructor(ports: LeasePorts) {
    this.#ports = ports;
  }

  get ownedCount(): number {
    return this.#countOf("owned") + this.movingCount;
  }

  get movingCount(): number {
    return this.#countOf("leaving") + this.#countOf("given-back");
  }

  /** This node takes shards from now on. */
  begin(): void {
    this.#isHosting = true;
    this.reconcile();
  }

  /** It takes none any more; settles when it has given back all that it has. */
  leave(): Promise<void> {
    this.#isHosting = false;
    this.reconcile();
    return new Promise((resolve) => {
      this.#whenEmpty.push(resolve);
      this.#tellIfEmpty();
    });
  }

  /** Who owned them owns them no more, from this moment. */
  lose(): void {
    this.#isHosting = false;
    this.#tenures.clear();
    this.#ports.living.breakOffAll();
    this.#tellIfEmpty();
  }

  get leaving(): readonly ShardTenureId[] {
    return [...this.#tenures].flatMap(([shard, tenure]) =>
      tenure.kind === "leaving" || tenure.kind === "given-back"
        ? [{ shard, fence: tenure.fence }]
        : [],
    );
  }

  /** Actors of this node may still be sent to by each other, until none of the shard lives. */
  isDraining(shard: number): boolean {
    const tenure = this.#tenures.get(shard);
    return tenure?.kind === "leaving" && !tenure.handOver.isBrokenOff;
  }

  /** Hands the message to its actor, which must be here, and surely nowhere else. */
  deliver(to: KeyedSink, message: RealmMessage): void {
    const { held, living, realms, session } = this.#ports;
    const tenure = this.#tenures.get(to.shard);
    // Nothing on the way from this look to the actor's mailbox takes time.
    if (tenure !== undefined && session.isSafe) {
      if (tenure.kind === "owned" || (tenure.kind === "leaving" && !tenure.handOver.isBrokenOff)) {
        living.deliver(to, tenure.fence, message);
        return;
      }
      if (tenure.kind === "claiming") {
        held.hold(earlyFor(to.shard), to, message);
        return;
      }
    }
    const text = `${to.key} is not on ${session.node.name} any more and did not handle it; ask again`;
    realms.refuse(to.address, message, new Failure("unavailable", text));
  }

  reported({ fence, sender, sent, shard }: HeldReport): void {
    const tenure = this.#tenures.get(shard);
    if (tenure?.kind === "leaving" && tenure.fence === fence) {
      tenure.handOver.reported(sender, sent);
    }
  }

  senderGone(node: NodeId): void {
    for (const tenure of this.#tenures.values()) {
      if (tenure.kind === "leaving") tenure.handOver.gone(node);
    }
  }

  /** Looks soon what is to be claimed and what to be given away. */
  reconcile(): void {
    if (this.#isReconciling) return;
    this.#isReconciling = true;
    const { clock, timers } = this.#ports.session.ports;
    timers.set(clock.now(), () => {
      this.#isReconciling = false;
      this.#reconcile();
    });
  }

  #reconcile(): void {
    const { entries, realms, session } = this.#ports;
    if (session.lost || !entries.isListed) return;
    const hosts = hostsOfShards(this.#ports, entries.hosts);
    for (const [shard, host] of hosts.entries()) {
      const isOurs = this.#isHosting && host === session.node.name;
      const tenure = this.#tenures.get(shard);
      if (tenure === undefined) this.#look(shard, isOurs ? "take" : "leave");
      else if (tenure.kind === "owned" && !isOurs) {
        if (this.movingCount < limits.keyedMovesMax) this.#handOver(shard, tenure.fence);
        else realms.reached("keyedMovesMax");
      }
    }
    this.#tellIfEmpty();
  }

  /** A shard that is not held here: it may be free, or be ours by a claim whose answer was lost. */
  #look(shard: number, wanted: "take" | "leave"): void {
    const { entries, session } = this.#ports;
    const place = entries.placeOf(shard);
    if (place === undefined) {
      if (wanted === "take") void this.#claim(shard);
      return;
    }
    const { fence, node } = place;
    const isOurs = node.name === session.node.name && node.incarnation === session.node.incarnation;
    if (isOurs && fence > (this.#givenBack.get(shard) ?? 0)) this.#own(shard, fence);
  }

  async #claim(shard: number): Promise<void> {
    const { kind, session } = this.#ports;
    this.#tenures.set(shard, { kind: "claiming" });
    const { node } = session;
    const claim = { key: `${shardsPrefix(kind)}${shard}`, value: node.name, session: node };
    try {
      const { revision } = await session.directory.put({ ...claim, expect: "absent" });
      this.#failures = 0;
      if (this.#tenures.get(shard)?.kind === "claiming") this.#own(shard, revision);
    } catch (error) {
      this.#missed(shard, Failure.of(error));
    }
  }

  #missed(shard: number, { code, detail }: Failure): void {
    if (this.#tenures.get(shard)?.kind === "claiming") this.#tenures.delete(shard);
    this.#takeEarly(shard);
    // Another was first: the entries tell.
    if (code === "conflict" || code === "session_lost") return;
    this.#failures += 1;
    const { log, session } = this.#ports;
    if (this.#failures === 1) log("warn", `the shard ${shard} was not claimed: ${detail}`);
    const { clock, timers } = session.ports;
    timers.set(clock.now() + retryMs(this.#failures), () => this.reconcile());
  }

  #own(shard: number, fence: Revision): void {
    this.#tenures.set(shard, { kind: "owned", fence });
    this.#takeEarly(shard);
    this.reconcile();
  }

  /** What came before it was known whether the shard is ours. */
  #takeEarly(shard: number): void {
    const early = this.#ports.held.take(earlyFor(shard));
    for (const { to, message } of early) this.deliver(to, message);
  }

  // ---- hand-over

  #handOver(shard: number, fence: Revision): void {
    const { senders, session } = this.#ports;
    const { clock } = session.ports;
    const tenure = { shard, fence };
    const deadlineMs = clock.now() + limits.keyedHandoverMsMax;
    const handOver = new HandOver(tenure, senders.all, deadlineMs);
    this.#tenures.set(shard, { kind: "leaving", fence, handOver });
    this.#ports.hold(tenure);
    this.#drain(handOver);
  }

  /** Stops actors as they come to rest, once all that was sent to them is here. */
  #drain(handOver: HandOver): void {
    const { shard, fence } = handOver.tenure;
    const tenure = this.#tenures.get(shard);
    if (tenure?.kind !== "leaving" || tenure.handOver !== handOver) return;
    const { living, session } = this.#ports;
    const { clock, timers } = session.ports;
    const isLate = clock.now() >= handOver.deadlineMs;
    if (isLate && !handOver.isBrokenOff) this.#breakOff(handOver);
    else if (handOver.hasHeardAll) living.stopRestingIn(shard);
    if (living.countIn(shard) === 0 && (isLate || handOver.hasHeardAll)) {
      this.#tenures.set(shard, { kind: "given-back", fence });
      void this.#giveBack(handOver.tenure);
    } else timers.set(clock.now() + drainLookMs, () => this.#drain(handOver));
  }

  #breakOff(handOver: HandOver): void {
    const { living, log, realms } = this.#ports;
    const { shard } = handOver.tenure;
    handOver.isBrokenOff = true;
    const count = living.countIn(shard);
    realms.reached("keyedHandoverMsMax");
    const awaited = handOver.awaitedNames.join(", ") || "no sender";
    const text = `the shard ${shard} is handed over in ${limits.keyedHandoverMsMax} ms and not at rest: ${count} actors are broken off, ${awaited} is not waited for`;
    log("warn", text);
    living.breakOffIn(shard);
  }

  async #giveBack({ shard, fence }: ShardTenureId): Promise<void> {
    const { kind, session } = this.#ports;
    const { clock, timers } = session.ports;
    for (let failures = 0; session.lost === undefined; failures += 1) {
      try {
        await session.directory.remove({ key: `${shardsPrefix(kind)}${shard}`, expect: fence });
        break;
      } catch (error) {
        // Another revision is another's.
        if (Failure.of(error).code === "conflict") break;
        await sleepUntil(timers, clock.now() + retryMs(failures), undefined);
      }
    }
    this.#givenBack.set(shard, fence);
    if (this.#tenures.get(shard)?.kind === "given-back") this.#tenures.delete(shard);
    this.reconcile();
  }

  #countOf(kind: Tenure["kind"]): number {
    let count = 0;
    for (const tenure of this.#tenures.values()) if (tenure.kind === kind) count += 1;
    return count;
  }

  #tellIfEmpty(): void {
    if (this.#isHosting || this.#tenures.size > 0) return;
    for (const tell of this.#whenEmpty.splice(0)) tell();
  }
}
