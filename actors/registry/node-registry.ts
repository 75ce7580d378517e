// Knows the nodes of the cluster: what they can do, how they are, whether they live, and what their
// operators want of them.
//
// An agent on each node registers and then sends heartbeats; silence makes a node suspect, then
// offline; the end of the agent makes it offline at once. Who stays offline is removed. What must outlast the registry stands in
// the store: pauses, drains, counts, and who is offline. One that starts anew reads it, and asks
// whoever it hears from to introduce itself.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { limits } from "#protocols/limits.ts";
import { type Ack, ack, type Deferred, type Handlers } from "#protocols/protocol.ts";
import type { TaskRequirements } from "#protocols/tasks/capability.ts";
import { Store } from "#protocols/tasks/cluster-store.ts";
import {
  type NodeHeartbeat,
  type NodeLeave,
  type NodeMatch,
  type NodeOrder,
  type NodeRegistration,
  NodeRegistry,
  type NodeReport,
  type NodeView,
  nodeRegistryName,
} from "#protocols/tasks/node.ts";
import type { NodeRecord } from "#protocols/tasks/node-record.ts";
import { Queue, type QueueStatistics } from "#protocols/tasks/queue.ts";
import { Actor } from "#runtime/core/actor.ts";
import { levelOf } from "#runtime/core/exit-level.ts";
import type { LogLevel } from "#runtime/core/ports.ts";
import { reply } from "#runtime/core/reply.ts";
import {
  admit,
  type Book,
  changesBetween,
  end,
  hear,
  isHeard,
  type Moment,
  type StatusChange,
  sweep,
} from "./known-nodes.ts";
import { nodeFigures } from "./node-figures.ts";
import { writtenEveryMs } from "./node-ledger.ts";
import { recall, remember, without, withRunning } from "./node-memory.ts";
import { drained, heardAgent, knownIn, matchesIn } from "./node-orders.ts";
import { OperatorOrders } from "./operator-orders.ts";
import type { NodeRegistryArguments, Own, RegistryState } from "./registry-messages.ts";
import { type Partner, RegistryPartners, type StoreMemory } from "./registry-partners.ts";

/** Milliseconds between attempts to find store and queue. */
const seekEveryMs = 500;

export class NodeRegistryActor
  extends Actor<NodeRegistry, RegistryState, Own>
  implements Handlers<NodeRegistry & Own>
{
  static readonly protocol = NodeRegistry;

  static initial = (args: NodeRegistryArguments): RegistryState => {
    const { heartbeatMs, removeAfterMs = limits.nodeRemoveAfterMs } = args;
    if (!(heartbeatMs > 0 && Number.isFinite(heartbeatMs))) {
      throw new Failure("invalid", `heartbeatMs must be above 0, got ${heartbeatMs}`);
    }
    if (removeAfterMs >= limits.nodeRemoveAfterMsMin) {
      return { ...args, removeAfterMs, book: [], sweptAt: 0 };
    }
    const text = `removeAfterMs is ${removeAfterMs}: give ${limits.nodeRemoveAfterMsMin} or more`;
    throw new Failure("invalid", text);
  };

  readonly #partners = new RegistryPartners();
  readonly #orders = new OperatorOrders({
    partners: this.#partners,
    book: () => this.state.book,
    moment: () => this.#moment(),
    recorded: (records) => this.ctx.send("recorded", records),
    removed: (node) => this.ctx.send("removed", node),
    log: (level, text, fields) => this.ctx.log(level, text, fields),
  });
  /** Drained nodes that were asked to leave, until they have, or did not obey. */
  readonly #leaving = new Set<string>();

  override async start(): Promise<void> {
    const { heartbeatMs, show } = this.state;
    this.state.sweptAt = this.ctx.now();
    this.ctx.every(heartbeatMs, "sweep");
    this.ctx.every(writtenEveryMs, "write");
    this.ctx.every(seekEveryMs, "seek");
    show?.(() => nodeFigures(this.state.book, this.#orders.goneTotal));
    await this.ctx.register(nodeRegistryName);
    this.seek();
  }

  register(registration: NodeRegistration): { readonly heartbeatMs: number } {
    const at = { ...this.#moment(), nodesMax: limits.nodesKnownMax };
    const admission = admit(this.state.book, registration, at);
    if (admission instanceof Failure) throw reply(admission);
    const { book, replaced, forgotten } = admission;
    if (replaced) this.ctx.unwatch(replaced);
    if (forgotten) {
      if (forgotten.agent) this.ctx.unwatch(forgotten.agent);
      this.ctx.log("info", `forgot ${forgotten.view.name} to make room`, { known: book.length });
    }
    this.#turnTo(book);
    this.ctx.watch(registration.agent);
    this.#leaving.delete(registration.name);
    this.#keep(registration.name);
    return { heartbeatMs: this.state.heartbeatMs };
  }

  heartbeat(beat: NodeHeartbeat): void {
    const heard = hear(this.state.book, beat, this.#moment());
    // An older life of a node hears then that it is refused, and says so in its log.
    if (heard === "unregistered") beat.agent.introduce();
    else this.#turnTo(heard);
  }

  list(): readonly NodeView[] {
    return this.state.book.map((node) => node.view).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  node(name: string): NodeView | null {
    return this.state.book.find(({ view }) => view.name === name)?.view ?? null;
  }

  report(name: string): Deferred<NodeReport> {
    return this.ctx.defer(heardAgent(knownIn(this.state.book, name)).report());
  }

  match(requirements: TaskRequirements): Deferred<readonly NodeMatch[]> {
    const { book } = this.state;
    const known = this.#partners.dependencies();
    return this.ctx.defer(known.then((ties) => matchesIn(book, requirements, ties)));
  }

  ping(): Ack {
    return ack;
  }

  pause(order: NodeOrder): Deferred<NodeView> {
    return this.ctx.defer(this.#orders.pause(order));
  }

  resume(order: NodeOrder): Deferred<NodeView> {
    return this.ctx.defer(this.#orders.resume(order));
  }

  drain(order: NodeOrder): Deferred<NodeView> {
    return this.ctx.defer(this.#orders.drain(order));
  }

  end(order: NodeOrder & Pick<NodeLeave, "wish">): Deferred<Ack> {
    return this.ctx.defer(this.#orders.end(order));
  }

  remove(order: NodeOrder): Deferred<Ack> {
    return this.ctx.defer(this.#orders.remove(order));
  }

  sweep(): void {
    const { book, heartbeatMs, sweptAt } = this.state;
    const at = this.#moment();
    const next = sweep(book, { ...at, sweptAt, heartbeatMs });
    this.#silent(changesBetween(book, next));
    this.#turnTo(next);
    this.#orders.removeGone(this.state.removeAfterMs);
    this.state.sweptAt = at.now;
    const { ledger, queue } = this.#partners;
    if (queue) this.ctx.pipe(queue.workers(), "running", "troubled");
    // What was counted since shows with the next beat, though figures are written less often.
    if (ledger) this.ctx.pipe(ledger.look(), "recorded", "troubled");
  }

  write(): void {
    const troubled = (failure: Failure): void => this.ctx.send("troubled", failure.toData());
    const written = this.#partners.ledger?.write(this.state.book.filter(isHeard), troubled);
    if (written) this.ctx.pipe(written, "recorded", "troubled");
  }

  /** Costs nothing once both are found. */
  seek(): void {
    const { ctx } = this;
    const missed = (partner: Partner) => (): void => ctx.send("missed", partner);
    if (this.#partners.seeks("store")) {
      const opened = this.#partners.openStore(ctx.lookup(Store, "store"), this.state.skills ?? []);
      opened.then((memory) => ctx.send("restored", memory), missed("store"));
    }
    if (this.#partners.seeks("queue")) {
      const found = ctx.lookup(Queue, "queue");
      found.then((queue) => ctx.send("queueFound", queue), missed("queue"));
    }
  }

  missed(partner: Partner): void {
    this.#partners.missed(partner);
  }

  restored({ store, ledger, records, untaken }: StoreMemory): void {
    for (const { detail } of untaken) this.ctx.log("warn", `of the topology: ${detail}`);
    this.ctx.watch(store);
    this.#partners.began(store, ledger);
    this.#turnTo(recall(this.state.book, records, this.#moment()));
    const text = `the store remembers ${records.length} nodes`;
    this.ctx.log("info", text, { held: records.filter(({ hold }) => hold).length });
    for (const { view, agent } of this.state.book) if (agent) this.#keep(view.name);
  }

  queueFound(queue: Ref<Queue>): void {
    this.ctx.watch(queue);
    const told = this.#partners.foundQueue(queue, this.state.book);
    this.ctx.pipe(told, "recorded", "troubled");
  }

  recorded(records: readonly NodeRecord[]): void {
    const known = this.#partners.newest(records.filter(({ node }) => this.node(node)));
    const at = this.#moment();
    this.#turnTo(known.reduce((book, record) => remember(book, record, at), this.state.book));
  }

  running(loads: QueueStatistics["workers"]): void {
    const running = new Map(loads.map((load) => [load.node, load.running]));
    this.state.book = withRunning(this.state.book, running);
    for (const { view, agent } of drained(this.state.book, { asked: this.#leaving, running })) {
      this.#leaving.add(view.name);
      this.ctx.log("info", `${view.name} has nothing to do any more and leaves`);
      const order = { wish: "stay-away", reason: view.hold?.reason ?? "drained" } as const;
      agent.leave(order).catch((cause: unknown) => {
        this.ctx.log("warn", `${view.name} does not leave: ${Failure.of(cause).detail}`);
        this.ctx.send("left", view.name);
      });
    }
  }

  /** It is asked again when it still has nothing to do. */
  left(name: string): void {
    this.#leaving.delete(name);
  }

  removed(name: string): void {
    const known = this.state.book.find(({ view }) => view.name === name);
    // It may have registered meanwhile: then it is a new node.
    if (known?.view.status !== "offline") return;
    if (known.agent) this.ctx.unwatch(known.agent);
    this.#partners.forget(name);
    this.state.book = without(this.state.book, name);
  }

  troubled({ code, detail }: FailureData): void {
    this.ctx.log("warn", `what nodes do is not kept just now: ${detail}`, { code });
  }

  override terminated(ref: AnyRef, exit: Exit): void {
    if (this.#partners.lose(ref)) {
      this.ctx.log(levelOf(exit), "store or queue has ended; looking for the next");
      return;
    }
    const { book } = this.state;
    const next = end(book, ref, exit, this.#moment());
    this.#silent(changesBetween(book, next));
    this.#turnTo(next, levelOf(exit));
  }

  #keep(name: string): void {
    const known = this.state.book.find(({ view }) => view.name === name);
    const { ledger } = this.#partners;
    if (!ledger || !known) return;
    const kept = ledger.introduce(known).then((record) => [record]);
    this.ctx.pipe(kept, "recorded", "troubled");
  }

  /** Who cannot be written down now is judged again by whoever reads the store. */
  #silent(changes: readonly StatusChange[]): void {
    for (const { to } of changes) {
      if (!isHeard(to)) this.#partners.ledger?.silent(to).catch(() => undefined);
    }
  }

  #turnTo(book: Book, level: LogLevel = "warn"): void {
    for (const { from, to } of changesBetween(this.state.book, book)) {
      const { name, incarnation, statusReason, status } = to.view;
      const text = `${name} was ${from.view.status} and is ${status}: ${statusReason}`;
      this.ctx.log(isHeard(to) ? "info" : level, text, { incarnation });
    }
    this.state.book = book;
  }

  #moment(): Moment {
    return { now: this.ctx.now(), wall: this.ctx.wall() };
  }
}
