// Whether an actor may take a message now: it runs, no handler is in progress that would mind, and it
// is not paused for somebody's full mailbox. What follows from it stands in the cell as `ready`.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { BoundName } from "./bounds.ts";
import type { MessageCounts } from "./counts.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Focus } from "./focus.ts";
import { Gate, type Gated } from "./gate.ts";
import { Handling, type HandlingPorts } from "./handling.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Origin } from "./origin.ts";
import { endPausesBetween } from "./pause-graph.ts";
import { RingBuffer } from "./ring-buffer.ts";

/** The cell, as far as its turns are concerned. */
export interface Ready {
  readonly mailbox: Mailbox;
  readonly kind: {
    readonly capacity: number;
    readonly bytesMax: number | undefined;
    readonly host: { readonly counts: MessageCounts; readonly dispatcher: Dispatcher };
  };
  ready: object | undefined;
  wake(): void;
}

/** A watched actor has ended. */
export interface Signal {
  readonly ref: AnyRef;
  readonly exit: Exit;
}

export class Readiness implements Gated {
  readonly handling: Handling;
  readonly #owner: Ready;
  /** The instance while it runs, busy or not. */
  #actor: object | undefined;
  #gate: Gate | undefined;
  #signals: RingBuffer<Signal> | undefined;
  /** It begins nothing new: it is about to move. */
  #isHeld = false;

  constructor(owner: Ready, ports: Omit<HandlingPorts, "eased">) {
    this.#owner = owner;
    this.#actor = owner.ready;
    this.handling = new Handling({
      ...ports,
      eased: () => owner.wake(),
      idle: () => {
        this.#refresh();
        ports.idle();
        owner.wake();
      },
    });
  }

  /** The instance that runs. */
  get actor(): object | undefined {
    return this.#actor;
  }

  /** The instance runs from now on. */
  run(actor: object): void {
    this.#actor = actor;
    this.#refresh();
    this.#owner.wake();
  }

  /** It ends what it does, and begins nothing new. */
  hold(): void {
    this.#isHeld = true;
    this.#owner.ready = undefined;
  }

  letGo(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#refresh();
    this.#owner.wake();
  }

  /** It takes no message any more. */
  halt(): void {
    this.#actor = undefined;
    this.#owner.ready = undefined;
  }

  /** The handler in the focus awaits something. */
  await(result: unknown, focus: Focus): void {
    this.#owner.ready = undefined;
    this.handling.await(result, focus);
    if (this.handling.isFull) this.reached("readonlyCallsMax");
  }

  /** A readonly handler may join those in progress. */
  get mayInterleave(): boolean {
    if (!this.handling.isShareable || this.#gate?.isPaused === true) return false;
    if (this.#isHeld) return false;
    const { mailbox } = this.#owner;
    // Signals come first, and their handlers are not readonly.
    if (this.signalCount > 0) return false;
    return this.#actor !== undefined && mailbox.first?.isReadonly === true;
  }

  /** It is paused, and a watched actor has ended: that it hears all the same. */
  get mayHear(): boolean {
    const isHeld = this.#isHeld || this.handling.isBusy || this.#actor === undefined;
    return this.#gate?.isPaused === true && this.signalCount > 0 && !isHeld;
  }

  /** There is something that it may do now, though it may not take what comes next. */
  get maySomething(): boolean {
    return this.mayHear || this.mayInterleave;
  }

  /** What the engine tells the actor: never dropped, always before messages. */
  signal(signal: Signal): void {
    this.#signals ??= new RingBuffer<Signal>();
    this.#signals.push(signal);
  }

  takeSignal(): Signal | undefined {
    return this.#signals?.shift();
  }

  get signalCount(): number {
    return this.#signals?.length ?? 0;
  }

  /** A message was taken out of the mailbox. */
  taken(): void {
    this.#gate?.letIn();
  }

  /** A message came that has to wait. If that closes a circle of waiting, those paused go on. */
  heard(origin: Origin | undefined): void {
    if (this.#owner.kind.host.counts.paused > 0) endPausesBetween(this.#owner, origin);
  }

  // ---- Gated

  get gate(): Gate {
    this.#gate ??= new Gate(this);
    return this.#gate;
  }

  get gateIfAny(): Gate | undefined {
    return this.#gate;
  }

  get identity(): unknown {
    return this.#owner;
  }

  /** With a bound in bytes one message at a time: how large the next ones are, nobody knows. */
  get room(): number {
    const { mailbox, kind } = this.#owner;
    const room = Math.max(0, kind.capacity - mailbox.length);
    if (kind.bytesMax === undefined) return room;
    return mailbox.bytes < kind.bytesMax ? Math.min(room, 1) : 0;
  }

  paused(): void {
    this.#owner.kind.host.counts.paused += 1;
    this.#owner.ready = undefined;
  }

  unpaused(): void {
    this.#owner.kind.host.counts.paused -= 1;
    this.#refresh();
    this.#owner.wake();
  }

  reached(bound: BoundName): void {
    this.#owner.kind.host.counts.bounds.reached(bound);
  }

  afterPass(call: () => void): void {
    this.#owner.kind.host.dispatcher.afterPass(call);
  }

  #refresh(): void {
    const isFree = !this.handling.isBusy && this.#gate?.isPaused !== true && !this.#isHeld;
    this.#owner.ready = isFree ? this.#actor : undefined;
  }
}
