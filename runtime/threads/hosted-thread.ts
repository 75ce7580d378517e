// Runs in the thread: a system of one actor and its descendants, joined to its parent's by a port.
//
//   parent's port ─► PortLine ─► Arrivals ─► hosted actor           (its parent's mailbox in front)
//                       │ └────► the system: asks, watches, children's messages
//                       ◄──────  replies, messages to anybody, log lines, crashes
//
// When the hosted actor fails it stands still, and so does its root, until the parent has decided.
import { formatNode, type NodeId } from "#protocols/address.ts";
import type { Envelope } from "#protocols/envelope.ts";
import { errorStack } from "#protocols/error-text.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { NeighbourNames } from "#runtime/cluster/names/neighbour-names.ts";
import type { ActorClass, Pending } from "#runtime/core/actor-class.ts";
import { protocolsOf } from "#runtime/core/actor-protocols.ts";
import { BoundCounts } from "#runtime/core/bounds.ts";
import { Cell } from "#runtime/core/cell.ts";
import type { Observer } from "#runtime/core/observer.ts";
import type { Log, Transport, TransportEvents } from "#runtime/core/ports.ts";
import { handleOf } from "#runtime/core/ref.ts";
import { supervisionDefault } from "#runtime/core/supervision.ts";
import { ActorSystem } from "#runtime/core/system.ts";
import { foreignModule } from "#runtime/host/foreign-module.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { nodeExecutor } from "#runtime/host/node-executor.ts";
import { nodeRandom } from "#runtime/host/node-random.ts";
import { NodeTimers } from "#runtime/host/node-timers.ts";
import { printable } from "#runtime/host/printable.ts";
import { Arrivals } from "./arrivals.ts";
import { unpack } from "./parcel.ts";
import { PortLine } from "./port-line.ts";
import {
  beatsAt,
  begunAt,
  type FromThread,
  type PortItem,
  type ThreadOrders,
  type ToThread,
} from "./port-messages.ts";
import { actorIn } from "./threaded-class.ts";
import { Threads } from "./threads.ts";

type Post = (message: FromThread, moved: ArrayBuffer[]) => void;

export class HostedThread {
  readonly #orders: ThreadOrders;
  readonly #post: Post;
  readonly #pulse: Int32Array;
  readonly #system: ActorSystem;
  readonly #line: PortLine;
  readonly #arrivals: Arrivals;
  #events: TransportEvents | undefined;
  #hosted: Cell | undefined;
  #isStopping = false;

  constructor(orders: ThreadOrders, post: Post) {
    this.#orders = orders;
    this.#post = post;
    this.#pulse = new Int32Array(orders.pulse);
    this.#system = this.#createSystem();
    this.#line = new PortLine({
      refs: this.#system,
      bounds: new BoundCounts(),
      shortEnds: { from: orders.parent, to: { path: `/${orders.name}`, uid: 0 } },
      post,
      outward: (ref) => ref,
      inward: (ref) => ref,
      arrived: (item) => this.#arrived(item),
      lost: (item, failure) => this.#lost(item, failure),
    });
    this.#line.begun(orders.begun);
    this.#arrivals = new Arrivals({
      now: () => nodeClock.now(),
      deliver: (item) => this.#deliver(item.node, item.envelope),
      begun: (number) => {
        // In shared memory first: it is right even when this thread says nothing any more.
        Atomics.store(this.#pulse, begunAt, number | 0);
        this.#line.begun(number);
      },
    });
  }

  async run(): Promise<void> {
    const { args, beatMs, director, exportName, module, name } = this.#orders;
    setInterval(() => Atomics.add(this.#pulse, beatsAt, 1), beatMs);
    await this.#system.start();
    this.#system.useNames(new NeighbourNames(this.#system, director));
    try {
      const type = actorIn(await foreignModule(module), { module, exportName });
      for (const known of protocolsOf(type)) this.#system.learn(known);
      const given = unpack(args, (ref) => this.#system.revive(ref.address, ref.protocolId));
      this.#spawn(type, given, name);
    } catch (error) {
      this.#crashed(Failure.of(error, "invalid"), "start");
    }
  }

  heard(message: ToThread): void {
    switch (message.kind) {
      case "batch":
        this.#line.heard(message);
        return;
      case "resume":
        // The root stands still with the hosted actor, and goes on with it.
        this.#hosted?.parent?.life.resume();
        return;
      case "stop":
        this.#stop(message.pending);
        return;
      case "node-down":
        this.#events?.nodeDown(message.node, []);
        return;
      case "node-up":
        this.#events?.nodeUp(message.node);
        return;
      default:
        message satisfies never;
    }
  }

  #createSystem(): ActorSystem {
    const { director, home, node } = this.#orders;
    const threads = new Threads(node, director, this.#transport());
    const system = new ActorSystem({
      node,
      home,
      clock: nodeClock,
      random: nodeRandom(),
      timers: new NodeTimers(nodeClock),
      executor: nodeExecutor,
      log: this.#log(),
      transport: threads.transport,
      observer: this.#observer(),
      supervise: { ...supervisionDefault, decide: () => "escalate" },
      // What fails here is decided about in the parent's thread.
      fatal: () => {},
    });
    threads.serve(system);
    return system;
  }

  #spawn(type: ActorClass, args: unknown, name: string): void {
    const { times, supervise } = this.#orders;
    const priorities = type.mailbox?.priorities;
    const options = {
      name,
      ...times,
      ...(supervise && { supervise }),
      restart: "transient" as const,
      // Its parent's mailbox has the bound; here wait one of those, and what is sent inside.
      mailbox: {
        capacity: limits.mailboxMessagesMax,
        whenFull: "reject" as const,
        ...(priorities && { priorities }),
      },
    };
    const rest = (type.initial?.length ?? 0) > 0 ? [args, options] : [options];
    const ref = Reflect.apply(this.#system.spawn, this.#system, [type, ...rest]);
    const actor = handleOf(ref)?.sink;
    if (!(actor instanceof Cell)) throw new Failure("internal", "a spawned actor has a cell");
    this.#hosted = actor;
    this.#tell({ kind: "born", hostedUid: actor.address.uid });
    actor.life.onceStarted(() => {
      if (actor.state !== "ended") this.#tell({ kind: "started" });
    });
  }

  #stop(pending: Pending): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const hosted = this.#hosted;
    if (hosted === undefined) {
      this.#tell({ kind: "stopped" });
      return;
    }
    const end = (): void =>
      hosted.ownHousehold.stop(pending, () => {
        this.#tell({ kind: "stopped" });
      });
    if (pending === "drain" && hosted.state === "running") {
      this.#arrivals.onceEmpty(end);
    } else {
      this.#arrivals.close();
      end();
    }
  }

  // ---- messages

  #transport(): Transport {
    return {
      send: (to, envelope) => {
        if (envelope.kind === "reply" || envelope.kind === "refusal") {
          const { correlation } = envelope;
          // Not begun, and this actor ends: its successor is going to answer, or its parent.
          if (this.#isEnding && this.#arrivals.isWaiting(correlation)) return "accepted";
          this.#arrivals.closed(correlation);
        }
        return this.#line.send(to, envelope);
      },
      released: () => {},
      start: (events) => {
        this.#events = events;
        return Promise.resolve();
      },
      stop: () => {
        this.#line.flush();
        return Promise.resolve();
      },
    };
  }

  #arrived(item: PortItem): void {
    if (item.number !== undefined) {
      this.#arrivals.add(item, item.number);
      return;
    }
    if (item.envelope.kind === "cancel") this.#arrivals.closed(item.envelope.correlation);
    this.#deliver(item.node, item.envelope);
  }

  /** How many it has at a time, its window decides: what is kept needs no release. */
  #deliver(from: NodeId, envelope: Envelope): void {
    this.#events?.deliver(from, envelope, 0);
  }

  #lost({ envelope, node }: PortItem, failure: Failure): void {
    if (envelope.kind === "reply") {
      const { correlation } = envelope;
      this.#line.send(node, { kind: "refusal", correlation, failure: failure.toData() });
    } else if (envelope.kind === "ask") {
      const { correlation } = envelope;
      this.#deliver(node, { kind: "refusal", correlation, failure: failure.toData() });
    } else if (envelope.kind === "tell") {
      const to = `troupe://${formatNode(node)}${envelope.to.path}#${envelope.to.uid}`;
      this.#system.deadLetters.add({ reason: failure.code, to, method: envelope.method });
    }
  }

  // ---- what the parent is to know

  #observer(): Observer {
    return {
      handling: (actor, method, message) => {
        if (actor === this.#hosted) this.#arrivals.taken(method, message.payload);
        return undefined;
      },
      handled: () => {},
      spawned: () => {},
      restarted: () => {},
      crashed: (actor, failure, during) => {
        if (actor === this.#hosted) this.#crashed(failure, during);
      },
      ended: (actor) => {
        if (actor !== this.#hosted || this.#isStopping) return;
        this.#arrivals.close();
        this.#tell({ kind: "left" });
      },
      dead: () => this.#arrivals.refused(),
      sending: () => undefined,
    };
  }

  #crashed(failure: Failure, during: string): void {
    const { cause } = failure;
    const shown = errorStack(cause instanceof Error ? cause : failure);
    this.#tell({ kind: "crashed", failure: failure.toData(), during, stack: shown });
  }

  #log(): Log {
    return {
      write: (level, actor, message, fields) => {
        if (this.#isToldAnyway(actor, message)) return;
        this.#tell({ kind: "log", level, actor, message, fields: fields && printable(fields) });
      },
    };
  }

  /** By the parent: how the hosted actor failed, and what becomes of what it had not begun. */
  #isToldAnyway(actor: string, message: string): boolean {
    const path = `/${this.#orders.name}`;
    if (actor === "/" || actor === path) return message.startsWith("crashed in ");
    const isOfHosted = actor.endsWith(`${path}#${this.#hosted?.uid}`);
    return isOfHosted && this.#isEnding && message.startsWith("dead letter");
  }

  get #isEnding(): boolean {
    const state = this.#hosted?.state;
    return this.#arrivals.isClosed || state === "ending" || state === "ended";
  }

  /** After everything that was sent before. */
  #tell(message: FromThread): void {
    if (message.kind !== "log") this.#line.flush();
    this.#post(message, []);
  }
}
