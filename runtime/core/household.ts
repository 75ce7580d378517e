// What an actor has beside its mailbox and its state: its life with restarts, children, watches,
// timers, handlers in progress, messages put aside. Most actors need little of it, so it is made on
// demand, part by part.
import type { Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import type { Failure } from "#protocols/failure.ts";
import type { Pending } from "./actor-class.ts";
import type { ActorKind, Handler } from "./actor-kind.ts";
import { ActorTimers } from "./actor-timers.ts";
import type { BoundName } from "./bounds.ts";
import type { CellHost, LocalActor, LocalHousehold } from "./cell-host.ts";
import type { Child } from "./child.ts";
import type { Linked } from "./children.ts";
import type { Runnable } from "./dispatcher.ts";
import type { Family } from "./family.ts";
import type { Handling } from "./handling.ts";
import { familyOf, handlingPortsOf } from "./household-ports.ts";
import { Instance } from "./instance.ts";
import { buryAll } from "./leftovers.ts";
import { Life } from "./life.ts";
import type { LifePorts, LifeState } from "./life-ports.ts";
import type { Mailbox } from "./mailbox.ts";
import { Letter, type Origin } from "./origin.ts";
import type { LogLevel } from "./ports.ts";
import { Readiness } from "./readiness.ts";
import { Stash } from "./stash.ts";
import { Travel } from "./travel.ts";
import { Watching } from "./watch.ts";
import { Watchers } from "./watchers.ts";

/** The cell of a household. */
export interface Householder extends LocalActor, Child, Runnable, Linked<Householder> {
  readonly kind: ActorKind;
  readonly parent: Householder | undefined;
  readonly path: string;
  readonly ref: Ref<unknown>;
  readonly mailbox: Mailbox;
  readonly household: Household | undefined;
  readonly ownHousehold: Household;
  readonly args: unknown;
  ready: object | undefined;
  isClosed: boolean;
  readonly state: LifeState;
  readonly depth: number;
  createActor(): object;
  createChild(kind: ActorKind, name: string | undefined, args: unknown): Householder;
  acceptOwn(method: string, args: readonly unknown[], origin: Origin | undefined): void;
  wake(): void;
}

export class Household implements LocalHousehold {
  readonly owner: Householder;
  readonly host: CellHost;
  readonly readiness: Readiness;
  /** What was to become of the messages that waited when its end was asked for. */
  endsAfter: Pending = "drop";
  /** Promises piped to the actor that have not settled, of all its instances. */
  pipesPending = 0;
  /** Instead of the kind's handlers, where it has any. */
  behaviour: readonly Handler[] | undefined;
  #life: Life | undefined;
  #family: Family<Householder> | undefined;
  #watching: Watching | undefined;
  #watchers: Watchers | undefined;
  #timers: ActorTimers | undefined;
  #stash: Stash | undefined;
  #mailbox: Mailbox | undefined;
  /** Once it has to do with moving. */
  travel: Travel | undefined;
  #birthError: { readonly error: unknown } | undefined;

  constructor(owner: Householder) {
    const { host } = owner.kind;
    this.owner = owner;
    this.host = host;
    this.readiness = new Readiness(owner, handlingPortsOf(this));
  }

  // ---- parts, made on demand

  /** That of a kind with ranks or bytes; the others are their own. */
  get mailbox(): Mailbox {
    this.#mailbox ??= this.owner.kind.makeRankedMailbox();
    return this.#mailbox;
  }

  get handling(): Handling {
    return this.readiness.handling;
  }

  get life(): Life {
    this.#life ??= this.#makeLife();
    return this.#life;
  }

  get family(): Family<Householder> {
    this.#family ??= familyOf<Householder>(this);
    return this.#family;
  }

  get familyIfAny(): Family<Householder> | undefined {
    return this.#family;
  }

  get watching(): Watching {
    this.#watching ??= new Watching();
    return this.#watching;
  }

  get watchingIfAny(): Watching | undefined {
    return this.#watching;
  }

  get watchers(): Watchers {
    this.#watchers ??= new Watchers();
    return this.#watchers;
  }

  get watchersIfAny(): Watchers | undefined {
    return this.#watchers;
  }

  get timers(): ActorTimers {
    const { host, owner } = this;
    this.#timers ??= new ActorTimers({
      queue: host.timers,
      clock: host.clock,
      bounds: host.counts.bounds,
      owner,
      deliver: ({ method, args }, ticket) => owner.acceptOwn(method, args, new Letter({ ticket })),
    });
    return this.#timers;
  }

  get ownTravel(): Travel {
    this.travel ??= new Travel();
    return this.travel;
  }

  get timerCount(): number {
    return this.#timers?.count ?? 0;
  }

  get stash(): Stash {
    this.#stash ??= new Stash(this.owner.kind.stashMax, this.host.counts);
    return this.#stash;
  }

  /** No handler or hook awaits anything, no answer is put off, no promise piped, no message put aside. */
  get owesNothing(): boolean {
    const { handling, pipesPending, stashedCount } = this;
    return !handling.isAwaited && handling.deferredCount + pipesPending + stashedCount === 0;
  }

  get stashedCount(): number {
    return this.#stash?.length ?? 0;
  }

  get state(): LifeState {
    return this.#life?.state ?? (this.readiness.actor === undefined ? "born" : "running");
  }

  get hasLife(): boolean {
    return this.#life !== undefined;
  }

  get restarts(): number {
    return this.#life?.restarts ?? 0;
  }

  // ---- turns

  /** The class's constructor or `initial` has thrown. */
  failBirth(error: unknown): void {
    this.#birthError = { error };
    this.life.begin();
  }

  turnEnded(): void {
    this.#life?.turnEnded();
    this.travel?.boundary?.();
    if (this.readiness.maySomething) this.owner.wake();
  }

  returnStash(): void {
    this.#stash?.returnTo(this.owner.mailbox);
    this.owner.wake();
  }

  // ---- life and family

  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.host.log.write(level, this.owner.path, message, fields);
  }

  after(ms: number, ring: () => void): () => void {
    const timer = this.host.timers.set(this.host.clock.now() + ms, ring);
    return () => this.host.timers.cancel(timer);
  }

  #alarm(bound: BoundName, ms: number, ring: () => void): () => void {
    if (ms === Number.POSITIVE_INFINITY) return () => {};
    return this.after(ms, () => {
      this.host.counts.bounds.reached(bound);
      ring();
    });
  }

  #makeLife(): Life {
    const { readiness } = this;
    const { actor } = readiness;
    const running = actor === undefined ? undefined : new Instance(actor, this.owner);
    return new Life(this.#lifePorts(), running);
  }

  #lifePorts(): LifePorts {
    const { host, owner, readiness } = this;
    const familyNow = (): Family<Householder> | undefined => this.#family;
    return {
      handling: readiness.handling,
      get family() {
        return familyNow();
      },
      get isInTurn() {
        return host.focus.turnOf === owner;
      },
      startTimeoutMs: owner.kind.startTimeoutMs,
      stopTimeoutMs: owner.kind.stopTimeoutMs,
      createInstance: () => this.#createInstance(),
      startAlarm: (ms, ring) => this.#alarm("startMsDefault", ms, ring),
      stopAlarm: (ms, ring) => this.#alarm("stopMsDefault", ms, ring),
      clearTimers: () => this.#timers?.clear(),
      due: () => host.dispatcher.schedule(owner),
      running: (instance) => readiness.run(instance.actor),
      halted: () => readiness.halt(),
      resumed: () => this.#family?.resumeEscalated(),
      opened: (isOpen) => {
        owner.isClosed = !isOpen;
      },
      pendingCount: () => owner.depth,
      crashed: (failure, during) => this.#crashed(failure, during),
      left: () => owner.parent?.ownHousehold.family.childLeft(owner),
      ended: (exit) => this.#ended(exit),
      complain: (about) => this.log("error", typeof about === "string" ? about : about.detail),
    };
  }

  /** The actor ends for good once what waits now is handled, or at once. */
  stop(pending: Pending = "drop", done: () => void = () => {}): void {
    this.endsAfter = pending;
    if (pending === "drop") {
      this.life.end(undefined, done);
      return;
    }
    this.life.onceEnded(done);
    this.life.drain("end");
  }

  /** The actor wants to end by itself; a permanent one is begun anew. */
  leave(pending: Pending = "drop"): void {
    this.endsAfter = pending;
    const { kind, parent } = this.owner;
    if (kind.restart !== "permanent" || parent === undefined) this.stop(pending);
    else if (pending === "drain") this.life.drain("leave");
    else this.life.leave();
  }

  #createInstance(): Instance {
    const failed = this.#birthError;
    this.#birthError = undefined;
    if (failed) throw failed.error;
    this.behaviour = undefined;
    this.endsAfter = "drop";
    this.#timers?.clear();
    this.#stash?.returnTo(this.owner.mailbox);
    const instance = new Instance(this.owner.createActor(), this.owner);
    if (this.restarts > 0) this.host.observer?.restarted(this.owner);
    return instance;
  }

  #crashed(failure: Failure, during: string): void {
    this.host.reportCrash(this.owner, failure, during);
    this.owner.parent?.ownHousehold.family.childFailed(this.owner, failure, during);
    if (!this.owner.parent) this.host.fatal(failure);
  }

  #ended(exit: Exit): void {
    const { owner, host } = this;
    owner.isClosed = true;
    this.#stash?.returnTo(owner.mailbox);
    buryAll(host, owner);
    host.delist(owner);
    for (const ref of this.#watching?.takeAll() ?? []) host.endWatch(ref, owner);
    this.#watchers?.notify(exit, (watcher, why) => host.notifyElsewhere(owner, watcher, why));
    owner.parent?.ownHousehold.family.remove(owner);
    this.readiness.gateIfAny?.end();
    host.reportEnd(owner, exit);
  }
}
