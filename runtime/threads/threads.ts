// The threads of one node: what a threaded actor needs of it to begin one.
import type { Ref } from "#protocols/actor-ref.ts";
import { type Address, formatAddress, type NodeId } from "#protocols/address.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { LifeTimes, Pending } from "#runtime/core/actor-class.ts";
import { BoundCounts } from "#runtime/core/bounds.ts";
import { systemTopics } from "#runtime/core/event-bus.ts";
import type { Transport } from "#runtime/core/ports.ts";
import { serviceKey } from "#runtime/core/services.ts";
import { type SupervisionSpec, supervisionDefault } from "#runtime/core/supervision.ts";
import type { ActorSystem } from "#runtime/core/system.ts";
import { pack } from "./parcel.ts";
import type { ThreadOrders } from "./port-messages.ts";
import { ThreadDoor } from "./thread-door.ts";
import { ThreadSwitch, threadName } from "./thread-switch.ts";
import type { ClassPlace } from "./threaded-class.ts";
import { WorkerThread } from "./worker-thread.ts";

export interface ThreadRequest {
  readonly owner: Address;
  /** The node that its owner knows as its own. */
  readonly home: NodeId;
  readonly door: ThreadDoor;
  readonly place: ClassPlace;
  readonly args: unknown;
  readonly times: LifeTimes;
  /** Of its children, by whom it was spawned; the default says nothing, and its class decides. */
  readonly supervise: SupervisionSpec;
  readonly heapMbMax: number | undefined;
  readonly blockedMsMax: number;
}

type LifeTermsOfThread = Pick<ThreadOrders, "times" | "supervise">;

/** What the owner of a thread hears. */
export interface ThreadEvents {
  started(): void;
  crashed(failure: Failure, during: string): void;
  left(): void;
  gone(failure: Failure): void;
}

export interface RunningThread {
  /** The hosted actor goes on after its failure. */
  resume(): void;
  /** Lets the hosted actor end within that time; the thread is gone when this settles. */
  stop(pending: Pending, msMax: number): Promise<void>;
}

export class Threads {
  readonly #node: NodeId;
  readonly #director: string;
  readonly #switch: ThreadSwitch;
  readonly #doors = new Map<number, ThreadDoor>();
  readonly #bounds = new BoundCounts();
  #system: ActorSystem | undefined;
  #doorCount = 0;
  #threadCount = 0;

  /** `outer` knows the other nodes, `director` is the one that claims and finds names for threads. */
  constructor(node: NodeId, director: string, outer: Transport) {
    this.#node = node;
    this.#director = director;
    this.#switch = new ThreadSwitch(node, outer, {
      bounds: this.#bounds,
      undelivered: (to, { to: target, method }, why) => {
        if (why === "accepted") return;
        const address = formatAddress({ node: to, ...target });
        this.#theSystem.deadLetters.add({ reason: why, to: address, method });
      },
    });
  }

  /** For the system to send by. */
  get transport(): Transport {
    return this.#switch;
  }

  /** Lets the system's actors have threads. Once, by whoever assembles the node. */
  serve(system: ActorSystem): void {
    this.#system = system;
    system.provide(threadsKey, this);
    system.events.subscribe(systemTopics.ended, ({ actor }) => this.#ownerEnded(actor.uid));
  }

  /** The door of that actor; it stays until the actor ends for good. */
  doorOf(owner: Address, window: number): ThreadDoor {
    const known = this.#doors.get(owner.uid);
    if (known) return known;
    this.#doorCount += 1;
    const { clock, deadLetters } = this.#theSystem;
    const name = threadName(this.#node, "door", this.#doorCount);
    const { events } = this.#switch;
    const ports = { owner, clock, deadLetters, events, bounds: this.#bounds };
    const door = new ThreadDoor({ name, incarnation: 0 }, window, ports);
    this.#doors.set(owner.uid, door);
    this.#switch.addDoor(door);
    return door;
  }

  /** Where a proxy sends what it passes on: whoever stands behind the door. */
  targetOf<P>(known: Protocol<P>, owner: Address, door: ThreadDoor): Ref<P> {
    const path = `/${nameIn(owner.path)}`;
    return this.#theSystem.refTo(known, { node: door.node.name, path });
  }

  /** Refs of that protocol may come out of threads. */
  learn(known: Protocol<unknown>): void {
    this.#theSystem.learn(known);
  }

  /** Starts a thread. Fails with `invalid` when the arguments cannot be cloned. */
  begin(request: ThreadRequest, events: ThreadEvents): RunningThread {
    const { args, blockedMsMax, door, heapMbMax, home, owner, place } = request;
    const system = this.#theSystem;
    const { moved, ...parcel } = pack(system, `the arguments of ${owner.path}`, args);
    this.#threadCount += 1;
    const node = { name: threadName(this.#node, "thread", this.#threadCount), incarnation: 1 };
    const orders = {
      ...{ node, home, parent: this.#node, director: this.#director },
      ...place,
      name: nameIn(owner.path),
      args: parcel,
      ...lifeTerms(request),
      begun: door.begunCount,
    };
    let hostedUid = -1;
    const gone = (failure: Failure): void => {
      door.closed(failure);
      this.#switch.left(node);
      events.gone(failure);
    };
    const thread: WorkerThread = new WorkerThread(
      { orders, moved, path: owner.path, heapMbMax, blockedMsMax },
      {
        refs: system,
        bounds: this.#bounds,
        // A thread sends none.
        shortEnds: { from: node, to: { path: "/", uid: 0 } },
        log: system.log,
        // Its own actor is known in the thread by the address there, everywhere else by its owner's.
        outward: (ref) =>
          isSame(ref.address, owner)
            ? { ...ref, address: { ...owner, node, uid: hostedUid } }
            : ref,
        inward: (ref) =>
          ref.address.uid === hostedUid && ref.address.node.name === node.name
            ? { ...ref, address: owner }
            : ref,
        arrived: (item) => {
          const { envelope } = item;
          if (envelope.kind === "reply" || envelope.kind === "refusal") {
            door.answered(envelope.correlation);
          }
          this.#switch.arrived(node, { ...item, envelope: sentBy(owner, hostedUid, envelope) });
        },
        lost: ({ number, envelope }, failure) => {
          if (number !== undefined) door.lost(number, failure);
          else if (envelope.kind === "ask") {
            const { correlation } = envelope;
            const refusal = { kind: "refusal", correlation, failure: failure.toData() } as const;
            this.#switch.events.deliver(node, refusal, 0);
          }
        },
        begun: (number) => door.begun(number),
        born: (uid) => {
          hostedUid = uid;
        },
        started: () => {
          door.open(thread);
          events.started();
        },
        crashed: events.crashed,
        left: events.left,
        gone,
      },
    );
    this.#switch.joined(node, thread);
    return {
      resume: () => thread.resume(),
      stop: async (pending, msMax) => {
        await thread.stop(pending, msMax);
        door.closed(new Failure("actor_stopped", `${owner.path} ended before it answered`));
        this.#switch.left(node);
      },
    };
  }

  get #theSystem(): ActorSystem {
    if (this.#system) return this.#system;
    throw new Failure("internal", "threads serve no system yet: call serve first");
  }

  #ownerEnded(uid: number): void {
    const door = this.#doors.get(uid);
    if (door === undefined) return;
    this.#doors.delete(uid);
    door.end();
    this.#switch.removeDoor(door);
  }
}

/** What the class or the spawn says of the actor's life, as it crosses to the thread. */
function lifeTerms({ owner, supervise, times }: ThreadRequest): LifeTermsOfThread {
  if (supervise === supervisionDefault) return { times, supervise: undefined };
  if (typeof supervise.decide !== "function") return { times, supervise };
  const text = `${owner.path} was spawned with a "decide" that is a function, which cannot cross to its thread`;
  throw new Failure("invalid", `${text}: give a table by failure code, or say it in its class`);
}

export const threadsKey = serviceKey("threads", (value) =>
  value instanceof Threads ? value : undefined,
);

/** How the actor is called in its thread. Made-up names begin with `$`, which no given one may. */
const nameIn = (path: string): string =>
  path.slice(path.lastIndexOf("/") + 1).replace("$", "unnamed-");

/** What the thread's own actor has sent is its owner's to everybody else. */
function sentBy(owner: Address, hostedUid: number, envelope: Envelope): Envelope {
  if (envelope.kind !== "tell" && envelope.kind !== "ask") return envelope;
  const { context } = envelope;
  if (!context || context.sender.node || context.sender.uid !== hostedUid) return envelope;
  const { path, uid, node } = owner;
  const sender = { ...context.sender, node, path, uid };
  return { ...envelope, context: { ...context, sender } };
}

const isSame = (a: Address, b: Address): boolean =>
  a.uid === b.uid && a.node.name === b.node.name && a.node.incarnation === b.node.incarnation;
