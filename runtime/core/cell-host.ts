// What a cell needs of the system that it lives in, and what the system sees of a cell.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Address, NodeId } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Message } from "./mailbox.ts";
import type { Clock, Log, Random } from "./ports.ts";
import type { Sink } from "./ref.ts";
import type { TimerQueue } from "./timer-queue.ts";
import type { RemoteWatcher, Watching } from "./watch.ts";
import type { Watchers } from "./watchers.ts";

/** A living actor as the rest of its node sees it. */
export interface LocalActor extends Sink {
  readonly address: Address;
  readonly protocol: Protocol<unknown>;
  readonly watching: Watching;
  readonly watchers: Watchers;
  heardTerminated(ref: AnyRef, exit: Exit): void;
}

export interface CellHost {
  readonly node: NodeId;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly dispatcher: Dispatcher;
  readonly timers: TimerQueue;
  nextUid(): number;
  /** Throws `invalid` or `name_taken`. */
  checkName(name: string, parentPath: string, isTaken: boolean): void;
  makeRef<P>(protocol: Protocol<P>, address: Address, sink: Sink): Ref<P>;
  /** The actor can be reached by path and uid from now on. */
  enlist(actor: LocalActor): void;
  delist(actor: LocalActor): void;
  /** A message that cannot be handled: its ask fails, or it becomes a dead letter. */
  bury(address: Address, message: Message, reason: "actor_stopped" | "mailbox_full"): void;
  beginWatch(ref: AnyRef, watcher: LocalActor): void;
  endWatch(ref: AnyRef, watcher: LocalActor): void;
  notifyElsewhere(watcher: RemoteWatcher, exit: Exit): void;
  lookup<Q>(protocol: Protocol<Q>, name: string, within: number): Promise<Ref<Q>>;
  register(name: string, ref: AnyRef): Promise<void>;
  /** The root guardian cannot handle a failure: the node must end. */
  fatal(failure: Failure): void;
}
