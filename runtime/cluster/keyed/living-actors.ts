// The keyed actors of one kind that live on this node: one for each key at most. One is started by its
// first message, passivated when it was idle for long or when others need its place, and started again:
//
//   waiting (no place) ──► living ──at rest, and not needed──► ending ──ended──► gone, or living again
//
// Only an actor at rest is passivated: it has no message, owes no answer, and so nothing is lost. What
// comes for one that ends is held and handled by its successor.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { namePattern } from "#protocols/address.ts";
import { Failure } from "#protocols/failure.ts";
import type { Revision } from "#runtime/cluster/directory/directory.ts";
import type { ActorClass, SpawnOptions } from "#runtime/core/actor-class.ts";
import type { Clock } from "#runtime/core/ports.ts";
import { isAtRest, isTaking, type RealmMessage, type Realms } from "#runtime/core/realms.ts";
import { handleOf, type Sink } from "#runtime/core/ref.ts";
import type { TimerQueue } from "#runtime/core/timer-queue.ts";
import type { HeldMessages } from "./held-messages.ts";
import type { KeyedSink } from "./keyed-sink.ts";
import { RecencyList, type Recent } from "./recency-list.ts";

/** What is needed of the keeper's context, whatever its protocol. */
export interface KeeperContext {
  spawnAs(type: ActorClass, args: unknown, options?: SpawnOptions): AnyRef;
  stop(child: AnyRef): void;
  watch(ref: AnyRef): void;
}

export interface LivingPorts {
  readonly realms: Realms;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  readonly held: HeldMessages;
  readonly type: ActorClass;
  /** The actors', but for key and fence. */
  readonly args: object;
  readonly idleMs: number;
  readonly livingMax: number;
  /** For a handler in progress when the lease is lost. */
  readonly stopTimeoutMs: number;
  /** The lease on that shard holds at this very moment. */
  isSafe(): boolean;
}

class Living implements Recent<Living> {
  readonly to: KeyedSink;
  readonly fence: Revision;
  /** Undefined while it waits for a place, or while it ends. */
  actor: Sink | undefined;
  ref: AnyRef | undefined;
  usedMs = 0;
  older: Living | undefined;
  newer: Living | undefined;

  constructor(to: KeyedSink, fence: Revision) {
    this.to = to;
    this.fence = fence;
  }
}

/** Milliseconds between two looks for idle actors; so exact is what is known of their use. */
const sweepMs = (idleMs: number): number => Math.min(1_000, idleMs / 4);

/** Actors that are looked at for one at rest when a place is needed. */
const looksMax = 64;

export class LivingActors {
  readonly #ports: LivingPorts;
  readonly #byKey = new Map<string, Living>();
  readonly #byUid = new Map<number, Living>();
  readonly #byShard = new Map<number, Set<Living>>();
  readonly #recent = new RecencyList<Living>();
  readonly #placeless = new Set<Living>();
  #ctx: KeeperContext | undefined;
  #nowMs = 0;
  #isSweeping = false;

  constructor(ports: LivingPorts) {
    this.#ports = ports;
  }

  /** A new life of the keeper: those of the one before have ended with it. */
  begin(ctx: KeeperContext): void {
    this.#ctx = ctx;
    const left = [...this.#byUid.values()];
    for (const { ref } of left) if (ref) this.ended(ref);
  }

  end(): void {
    this.#ctx = undefined;
  }

  get count(): number {
    return this.#byUid.size;
  }

  /** The living actor of that key. */
  find(key: string): Sink | undefined {
    return this.#byKey.get(key)?.actor;
  }

  /** Hands it to the actor of that key, which lives from now on. */
  deliver(to: KeyedSink, fence: Revision, message: RealmMessage): void {
    const living = this.#byKey.get(to.key) ?? this.#add(to, fence);
    const { actor } = living;
    if (actor === undefined || !isTaking(actor)) {
      this.#ports.held.hold(to.key, to, message);
      return;
    }
    living.usedMs = this.#nowMs;
    this.#recent.touch(living);
    actor.accept(message.selector, message.payload, message.origin);
  }

  /** An actor of this keeper has ended. */
  ended(ref: AnyRef): void {
    const { uid } = ref.$.address;
    const living = this.#byUid.get(uid);
    if (living === undefined) return;
    this.#byUid.delete(uid);
    this.#forget(living);
    if (this.#ports.held.has(living.to.key)) this.#add(living.to, living.fence);
    this.#givePlaces();
  }

  /** How many actors of the shard live, end, or wait for a place. */
  countIn(shard: number): number {
    return this.#byShard.get(shard)?.size ?? 0;
  }

  /** Passivates those of the shard that are at rest. */
  stopRestingIn(shard: number): void {
    for (const living of this.#byShard.get(shard) ?? []) {
      if (living.actor && isAtRest(living.actor)) this.#stop(living);
    }
  }

  /** Ends all of the shard; what they have in hand is broken off, what waits is dropped. */
  breakOffIn(shard: number): void {
    for (const living of [...(this.#byShard.get(shard) ?? [])]) {
      this.#refuseHeld(living, "its shard went to another node");
      if (living.ref) this.#stop(living);
      else this.#forget(living);
    }
  }

  breakOffAll(): void {
    for (const shard of [...this.#byShard.keys()]) this.breakOffIn(shard);
  }

  #add(to: KeyedSink, fence: Revision): Living {
    const living = new Living(to, fence);
    this.#byKey.set(to.key, living);
    const inShard = this.#byShard.get(to.shard);
    if (inShard) inShard.add(living);
    else this.#byShard.set(to.shard, new Set([living]));
    if (this.#byUid.size < this.#ports.livingMax) this.#start(living);
    else {
      this.#ports.realms.reached("keyedLivingMax");
      this.#placeless.add(living);
      this.#makeRoom();
    }
    return living;
  }

  #start(living: Living): void {
    const { clock, held } = this.#ports;
    const { key } = living.to;
    const ref = this.#spawn(living);
    if (ref === undefined) {
      this.#forget(living);
      this.#refuseHeld(living, "its node gives up the shard, or ends");
      return;
    }
    const actor = handleOf(ref)?.sink;
    this.#nowMs = clock.now();
    living.ref = ref;
    living.actor = actor;
    living.usedMs = this.#nowMs;
    this.#byUid.set(ref.$.address.uid, living);
    this.#recent.touch(living);
    this.#sweepLater();
    for (const { message } of held.take(key)) {
      actor?.accept(message.selector, message.payload, message.origin);
    }
  }

  #spawn({ fence, to: { key } }: Living): AnyRef | undefined {
    const { args, isSafe, stopTimeoutMs, type } = this.#ports;
    const ctx = this.#ctx;
    if (ctx === undefined || !isSafe()) return undefined;
    const name = namePattern.test(key) && !key.startsWith("$") ? { name: key } : {};
    try {
      const ref = ctx.spawnAs(type, { ...args, key, fence }, { ...name, stopTimeoutMs });
      ctx.watch(ref);
      return ref;
    } catch (error) {
      // The keeper is ending itself.
      if (Failure.of(error).code === "actor_stopped") return undefined;
      throw error;
    }
  }

  #stop(living: Living): void {
    const { actor, ref } = living;
    living.actor = undefined;
    this.#recent.remove(living);
    // One that ends by itself is on its way already.
    if (ref && actor && isTaking(actor)) this.#ctx?.stop(ref);
  }

  #forget(living: Living): void {
    this.#recent.remove(living);
    this.#placeless.delete(living);
    if (this.#byKey.get(living.to.key) === living) this.#byKey.delete(living.to.key);
    const inShard = this.#byShard.get(living.to.shard);
    inShard?.delete(living);
    if (inShard?.size === 0) this.#byShard.delete(living.to.shard);
  }

  #refuseHeld({ to }: Living, why: string): void {
    const { held, realms } = this.#ports;
    const failure = new Failure("unavailable", `${to.key} did not handle it: ${why}; ask again`);
    for (const { message } of held.take(to.key)) realms.refuse(to.address, message, failure);
  }

  // ---- places

  #givePlaces(): void {
    for (const living of this.#placeless) {
      if (this.#byUid.size >= this.#ports.livingMax) break;
      this.#placeless.delete(living);
      // Nobody wants it any more: its messages were held too long.
      if (this.#ports.held.has(living.to.key)) this.#start(living);
      else this.#forget(living);
    }
    if (this.#placeless.size > 0) this.#makeRoom();
  }

  /** Passivates the one that was used least recently, of those at rest. */
  #makeRoom(): void {
    let looks = 0;
    for (const living of this.#recent) {
      looks += 1;
      if (living.actor && isAtRest(living.actor)) {
        this.#stop(living);
        return;
      }
      if (looks >= looksMax) return;
    }
  }

  #sweepLater(): void {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    const { clock, idleMs, timers } = this.#ports;
    timers.set(clock.now() + sweepMs(idleMs), () => this.#sweep());
  }

  #sweep(): void {
    this.#isSweeping = false;
    const { clock, idleMs } = this.#ports;
    this.#nowMs = clock.now();
    for (const living of this.#recent) {
      if (this.#nowMs - living.usedMs < idleMs + sweepMs(idleMs)) break;
      if (living.actor && isAtRest(living.actor)) this.#stop(living);
    }
    if (this.#placeless.size > 0) this.#givePlaces();
    if (this.#byKey.size > 0) this.#sweepLater();
  }
}
