// What a cell needs of the system that it lives in, and what the system sees of a cell.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Address, NodeId } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { Selector } from "#protocols/selector.ts";
import type { WhenFull } from "./actor-class.ts";
import type { ActorSubscriptions } from "./actor-subscriptions.ts";
import type { Call, Caller } from "./call.ts";
import type { MessageCounts } from "./counts.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Elsewhere } from "./elsewhere.ts";
import type { EventBus } from "./event-bus.ts";
import type { Focus } from "./focus.ts";
import type { Taken } from "./message-queue.ts";
import type { Observer } from "./observer.ts";
import type { Origin } from "./origin.ts";
import type { Claim, Clock, Log, Random } from "./ports.ts";
import type { SentOnBehalf, Sink } from "./ref.ts";
import type { Services } from "./services.ts";
import type { Tick } from "./tick.ts";
import type { TimerQueue } from "./timer-queue.ts";
import type { Travel } from "./travel.ts";
import type { RemoteWatcher, Watching } from "./watch.ts";
import type { Watchers } from "./watchers.ts";

/** What few actors have, as the rest of the node sees it; made on demand. */
export interface LocalHousehold {
  readonly handling: { readonly calls: Iterable<Call> };
  readonly readiness: { takeSignal(): unknown };
  readonly watching: Watching;
  readonly watchingIfAny: Watching | undefined;
  readonly watchers: Watchers;
  readonly watchersIfAny: Watchers | undefined;
  readonly travel: Travel | undefined;
}

/** A living actor as the rest of its node sees it. */
export interface LocalActor extends Sink, Caller {
  readonly uid: number;
  readonly name: string;
  readonly path: string;
  readonly address: Address;
  readonly protocol: Protocol<unknown>;
  readonly depth: number;
  readonly restarts: number;
  readonly household: LocalHousehold | undefined;
  readonly ownHousehold: LocalHousehold;
  heardTerminated(ref: AnyRef, exit: Exit): void;
}

/** The actor has ended, or its mailbox is full and gives that answer. */
export type BuryReason = "actor_stopped" | WhenFull;

export interface CellHost {
  readonly node: NodeId;
  /** As `ctx.node` tells it. */
  readonly home: NodeId;
  readonly clock: Clock;
  readonly tick: Tick;
  readonly random: Random;
  readonly log: Log;
  readonly deadLetters: DeadLetters;
  readonly dispatcher: Dispatcher;
  readonly timers: TimerQueue;
  readonly focus: Focus;
  readonly counts: MessageCounts;
  readonly observer: Observer | undefined;
  readonly services: Services;
  readonly events: EventBus;
  readonly elsewhere: Elsewhere | undefined;
  /** Of the actors of this node. */
  readonly subscriptions: ActorSubscriptions;
  /** For messages that give way. */
  readonly spill: Taken;
  nextUid(): number;
  refOf(actor: LocalActor): Ref<unknown>;
  refAt<P>(known: Protocol<P>, address: Address): Ref<P>;
  /** The living actor of this node that a ref means. */
  actorOf(ref: AnyRef): Sink | undefined;
  /** The actor can be reached by uid from now on. */
  enlist(actor: LocalActor): void;
  delist(actor: LocalActor): void;
  /** A message that cannot be handled: its ask fails, or it becomes a dead letter. */
  bury(actor: LocalActor, selector: Selector, origin: Origin | undefined, why: BuryReason): void;
  /** The part of `bury` that others hear, for one that is counted already. */
  mourn(actor: LocalActor, selector: Selector, origin: Origin | undefined, why: BuryReason): void;
  beginWatch(ref: AnyRef, watcher: LocalActor): void;
  endWatch(ref: AnyRef, watcher: LocalActor): void;
  notifyElsewhere(owner: LocalActor, watcher: RemoteWatcher, exit: Exit): void;
  /** Hands the call's message with its open reply to another actor. */
  pass(to: AnyRef, call: Call): void;
  /** The ref, sending on behalf of that handler. */
  refVia<Q>(ref: Ref<Q>, sentBy: SentOnBehalf): Ref<Q>;
  lookup<Q>(protocol: Protocol<Q>, name: string, within: number): Promise<Ref<Q>>;
  register(name: string, ref: AnyRef): Promise<Claim>;
  reportSpawn(actor: LocalActor): void;
  reportEnd(actor: LocalActor, exit: Exit): void;
  reportCrash(actor: LocalActor, failure: Failure, during: string): void;
  /** The root guardian cannot handle a failure: the node must end. */
  fatal(failure: Failure): void;
}
