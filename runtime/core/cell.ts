// One living actor: its messages and its turns. A message's way ends here. What most actors never need
// (children, watches, timers, a life with restarts) stands in its household, which is made on demand.
//
// Hot: W1, W2, W3, W4. An idle actor costs a Cell, which is its mailbox, its instance and its state.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Address } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { payloadOf, type Selector } from "#protocols/selector.ts";
import type { ActorKind } from "./actor-kind.ts";
import { answer } from "./answer.ts";
import { begin, createActor } from "./birth.ts";
import type { Call } from "./call.ts";
import { CellContext } from "./cell-context.ts";
import { atClosedDoor, hearsAway } from "./closed-door.ts";
import type { Runnable } from "./dispatcher.ts";
import { admit } from "./full-mailbox.ts";
import type { Gated } from "./gate.ts";
import { isThenable } from "./hooks.ts";
import { Household, type Householder } from "./household.ts";
import type { Life } from "./life.ts";
import type { LifeState } from "./life-ports.ts";
import { type Mailbox, PlainMailbox } from "./mailbox.ts";
import { seen } from "./observed-message.ts";
import type { Origin } from "./origin.ts";
import type { Reply } from "./reply.ts";
import type { RestartKind } from "./supervision.ts";

/** Most actors are their own mailboxes, an object less. What each message looks at stands first. */
export class Cell extends PlainMailbox implements Runnable, Householder, Origin {
  readonly kind: ActorKind;
  isQueued = false;
  /** No more messages are taken. */
  isClosed = false;
  /** The instance, while it may take a message: it runs, and nothing keeps it busy. */
  ready: object | undefined;
  #household: Household | undefined;
  readonly parent: Cell | undefined;
  readonly uid: number;
  /** As given, or the uid of a cell that was given none. */
  readonly #name: string | number;
  readonly args: unknown;
  previousSibling: Cell | undefined;
  nextSibling: Cell | undefined;

  constructor(kind: ActorKind, parent: Cell | undefined, name: string | undefined, args: unknown) {
    super();
    const { host } = kind;
    this.kind = kind;
    this.parent = parent;
    this.uid = host.nextUid();
    this.#name = name ?? this.uid;
    this.args = args;
    host.dispatcher.schedule(this);
  }

  get name(): string {
    return typeof this.#name === "string" ? this.#name : `$${this.#name.toString(36)}`;
  }

  get isNamed(): boolean {
    return typeof this.#name === "string";
  }

  get path(): string {
    if (!this.parent) return "/";
    return `${this.parent.parent ? this.parent.path : ""}/${this.name}`;
  }

  /** Whoever has the address may use it: from now on the actor can be found by its uid. */
  get address(): Address {
    const { host } = this.kind;
    if (this.state !== "ended") host.enlist(this);
    const { uid, path } = this;
    return this.#household?.travel?.identity ?? { node: host.node, path, uid };
  }

  get protocol(): Protocol<unknown> {
    return this.kind.protocol;
  }

  get ref(): Ref<unknown> {
    return this.kind.host.refOf(this);
  }

  get state(): LifeState {
    const { household } = this;
    if (household) return household.state;
    return this.ready === undefined ? "born" : "running";
  }

  get restartKind(): RestartKind {
    return this.kind.restart;
  }

  get mailbox(): Mailbox {
    return this.kind.isRanked ? this.ownHousehold.mailbox : this;
  }

  get depth(): number {
    return this.mailbox.length + (this.#household?.readiness.signalCount ?? 0);
  }

  get restarts(): number {
    return this.#household?.restarts ?? 0;
  }

  /** What few actors have; undefined until it is first needed. */
  get household(): Household | undefined {
    return this.#household;
  }

  get ownHousehold(): Household {
    this.#household ??= new Household(this);
    return this.#household;
  }

  // ---- Origin: a plain tell bears nothing but its sending cell

  get isPlain(): boolean {
    return true;
  }

  get sender(): AnyRef {
    return this.ref;
  }

  // ---- messages in

  accept(selector: Selector, payload: unknown, origin: Origin | undefined): void {
    const { kind } = this;
    kind.counts.sent += 1;
    if (this.isClosed) {
      atClosedDoor(this, selector, payload, origin);
    } else if (kind.isRanked || !this.pushUpTo(kind.capacity, selector, payload, origin)) {
      admit(this, selector, payload, origin);
      this.#heardUnready(origin);
    } else if (!this.isQueued && this.ready !== undefined) kind.host.dispatcher.schedule(this);
    else if (this.#household !== undefined) this.#heardUnready(origin);
  }

  /** What the actor sends itself is bounded by the number of its timers and pipes, not here. */
  acceptOwn(method: string, args: readonly unknown[], origin: Origin | undefined): void {
    const { kind } = this;
    const selector = kind.ownSelector(method, args.length);
    kind.host.counts.sent += 1;
    if (this.state === "ended") {
      kind.host.bury(this, selector, origin, "actor_stopped");
      return;
    }
    this.mailbox.push(selector, payloadOf(args), origin);
    this.wake();
  }

  heardTerminated(ref: AnyRef, exit: Exit): void {
    if (hearsAway(this, ref, exit) || this.state === "ended") return;
    this.kind.host.counts.sent += 1;
    this.ownHousehold.watching.told(ref);
    this.ownHousehold.readiness.signal({ ref, exit });
    this.wake();
  }

  wake(): void {
    if (this.isQueued) return;
    if (this.ready !== undefined || this.#household?.readiness.maySomething === true) {
      this.kind.host.dispatcher.schedule(this);
    }
  }

  #heardUnready(origin: Origin | undefined): void {
    this.#household?.readiness.heard(origin);
    this.wake();
  }

  pauseFor(target: Gated): void {
    this.ownHousehold.readiness.gate.pause(target);
  }

  perform<T>(act: () => T, call?: Call): T {
    return this.kind.host.focus.within(this, act, call);
  }

  // ---- turns

  runTurn(messagesMax: number): boolean {
    const { kind, mailbox } = this;
    const { focus } = kind.host;
    focus.beginTurn(this);
    const { message } = focus;
    if (this.ready === undefined) this.#runUnready(messagesMax);
    for (let count = 0; count < messagesMax; count += 1) {
      const actor = this.ready;
      if (actor === undefined) break;
      const household = this.#household;
      if (household !== undefined && this.#handleSignal(actor, household)) continue;
      const selector = mailbox.take(message);
      if (selector === undefined) break;
      if (household !== undefined) household.readiness.taken();
      this.#handle(actor, selector, kind);
    }
    focus.clear();
    focus.turnOf = undefined;
    if (this.#household !== undefined) this.#household.turnEnded();
    return this.ready !== undefined && this.depth > 0;
  }

  #runUnready(messagesMax: number): void {
    const { focus } = this.kind.host;
    if (this.state === "born") begin(this);
    const household = this.#household;
    if (household === undefined) return;
    const { readiness } = household;
    for (let count = 0; count < messagesMax && readiness.actor !== undefined; count += 1) {
      if (readiness.mayHear && this.#handleSignal(readiness.actor, household)) continue;
      const selector = readiness.mayInterleave ? this.mailbox.take(focus) : undefined;
      if (selector === undefined) return;
      readiness.taken();
      this.#handle(readiness.actor, selector, this.kind);
    }
  }

  createActor(): object {
    return createActor(this);
  }

  createChild(kind: ActorKind, name: string | undefined, args: unknown): Cell {
    return new Cell(kind, this, name, args);
  }

  makeContext(): CellContext<unknown> {
    return new CellContext(this);
  }

  get life(): Life {
    return this.ownHousehold.life;
  }

  #handleSignal(actor: object, household: Household): boolean {
    const signal = household.readiness.takeSignal();
    if (!signal) return false;
    const { kind } = this;
    const { focus, counts } = kind.host;
    focus.payload = [signal.ref, signal.exit];
    focus.origin = undefined;
    const isWanted = household.watching.hears(signal.ref);
    if (kind.terminated && isWanted) this.#handle(actor, kind.terminated, kind);
    else counts.processed += 1;
    return true;
  }

  /** Handles the message that stands in the focus. */
  #handle(actor: object, selector: Selector, kind: ActorKind): void {
    const { host } = kind;
    const { focus, counts, observer } = host;
    const { message } = focus;
    const { origin, payload } = message;
    let reply: Reply | undefined;
    if (origin !== undefined && !origin.isPlain) {
      reply = origin.reply;
      if (!this.#isWanted(origin)) {
        counts.died(origin.ticket === undefined ? "withdrawn" : "timer_cancelled");
        return;
      }
    }
    message.selector = selector;
    counts.inFlight += 1;
    if (observer !== undefined) seen(observer, this, selector, focus);
    let result: unknown;
    let isPromised = false;
    try {
      const handler = kind.handlerFor(selector, this.#household?.behaviour);
      if (selector.form === 1) result = handler.call(actor, payload);
      else if (selector.form === 0) result = handler.call(actor);
      else if (Array.isArray(payload)) result = handler.apply(actor, payload);
      isPromised = result !== undefined && isThenable(result);
    } catch (error) {
      this.ownHousehold.readiness.handling.threw(error, focus);
      return;
    }
    if (isPromised) {
      this.ownHousehold.readiness.await(result, focus);
      return;
    }
    if (focus.call !== undefined) {
      this.ownHousehold.readiness.handling.returned(result, focus);
      return;
    }
    counts.inFlight -= 1;
    counts.processed += 1;
    if (observer !== undefined) observer.handled(this, selector.name, "done", focus.token);
    if (reply !== undefined) answer(reply, result);
  }

  #isWanted({ ticket, reply }: Origin): boolean {
    if (ticket && this.#household?.timers.admit(ticket) !== true) return false;
    return reply === undefined || reply.isOpen;
  }
}
