// Whether an actor may take a message now: it runs, no handler is in progress that would mind, and it
// is not paused for somebody's full mailbox. What follows from it stands in the cell as `ready`.
import type { Call } from "./call.ts";
import type { Focus } from "./focus.ts";
import { Gate, type Gated } from "./gate.ts";
import { Handling, type HandlingPorts } from "./handling.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Origin } from "./origin.ts";

/** The cell, as far as its turns are concerned. */
export interface Ready {
  readonly mailbox: Mailbox;
  readonly kind: { readonly capacity: number; readonly bytesMax: number | undefined };
  ready: object | undefined;
  wake(): void;
}

export class Readiness implements Gated {
  readonly handling: Handling;
  readonly #owner: Ready;
  /** The instance while it runs, busy or not. */
  #actor: object | undefined;
  #gate: Gate | undefined;

  constructor(owner: Ready, ports: HandlingPorts) {
    this.#owner = owner;
    this.#actor = owner.ready;
    this.handling = new Handling({
      ...ports,
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

  /** It takes no message any more. */
  halt(): void {
    this.#actor = undefined;
    this.#owner.ready = undefined;
  }

  /** The handler in the focus awaits something. */
  await(result: PromiseLike<unknown>, focus: Focus): void {
    this.#owner.ready = undefined;
    this.handling.await(result, focus);
  }

  /** A readonly handler may join those in progress. */
  get mayInterleave(): boolean {
    if (!this.handling.isShareable || this.#gate?.isPaused === true) return false;
    return this.#actor !== undefined && this.#owner.mailbox.first?.isReadonly === true;
  }

  /** A message was taken out of the mailbox. */
  taken(): void {
    this.#gate?.taken();
  }

  /** A message came. Whom this actor waits for waits for it: then it goes on. */
  heard(origin: Origin | undefined): void {
    const pausedFor = this.#gate?.pausedFor;
    if (pausedFor === undefined || origin?.reply === undefined) return;
    for (const call of pausedFor.openCalls) {
      if (call.isAsking(this.identity)) this.#gate?.release(pausedFor);
    }
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

  get openCalls(): Iterable<Call> {
    return this.handling.calls;
  }

  get hasRoom(): boolean {
    const { mailbox, kind } = this.#owner;
    const { capacity, bytesMax } = kind;
    return mailbox.length < capacity && (bytesMax === undefined || mailbox.bytes < bytesMax);
  }

  paused(): void {
    this.#owner.ready = undefined;
  }

  unpaused(): void {
    this.#refresh();
    this.#owner.wake();
  }

  #refresh(): void {
    const isFree = !this.handling.isBusy && this.#gate?.isPaused !== true;
    this.#owner.ready = isFree ? this.#actor : undefined;
  }
}
