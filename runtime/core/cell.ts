// One living actor: mailbox, life, children, watchers and timers put together. A message's way ends
// here.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Address } from "#protocols/address.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { Protocol } from "#protocols/protocol.ts";
import type { ActorClass, SpawnOptions } from "./actor-class.ts";
import { ActorTimers } from "./actor-timers.ts";
import type { ContextOwner } from "./cell-context.ts";
import type { CellHost, LocalActor } from "./cell-host.ts";
import type { Child } from "./child.ts";
import type { PendingFate } from "./context.ts";
import type { Runnable } from "./dispatcher.ts";
import { Family } from "./family.ts";
import { Handling } from "./handling.ts";
import { Instance } from "./instance.ts";
import { Life } from "./life.ts";
import type { LifeState } from "./life-ports.ts";
import { Mailbox, type Message } from "./mailbox.ts";
import type { LogLevel } from "./ports.ts";
import type { Reply } from "./reply.ts";
import { checkRestartKind, type RestartKind, supervisionDefault } from "./supervision.ts";
import { Watching } from "./watch.ts";
import { Watchers } from "./watchers.ts";

export interface CellSpec {
  readonly type: ActorClass;
  readonly args: unknown;
  readonly options: SpawnOptions;
  readonly name: string;
  readonly parent: Cell | undefined;
}

const mailboxDefault = { capacity: limits.mailboxMessagesMax, whenFull: "reject" } as const;

export class Cell implements Runnable, Child, LocalActor, ContextOwner {
  isQueued = false;
  readonly name: string;
  readonly path: string;
  readonly address: Address;
  readonly protocol: Protocol<unknown>;
  readonly ref: Ref<unknown>;
  readonly restartKind: RestartKind;
  readonly timers: ActorTimers;
  readonly handling: Handling;
  readonly family: Family<Cell>;
  readonly watching = new Watching();
  readonly watchers = new Watchers();
  readonly #host: CellHost;
  readonly #parent: Cell | undefined;
  readonly #mailbox: Mailbox;
  readonly #life: Life;

  constructor(host: CellHost, { type, args, options, name, parent }: CellSpec) {
    this.#host = host;
    this.#parent = parent;
    this.name = name;
    this.path = parent ? `${parent.path === "/" ? "" : parent.path}/${name}` : "/";
    this.address = { node: host.node, path: this.path, uid: host.nextUid() };
    this.protocol = type.protocol;
    this.restartKind = options.restart ?? type.restart ?? "transient";
    checkRestartKind(this.restartKind);
    this.ref = host.makeRef(this.protocol, this.address, this);
    this.#mailbox = new Mailbox(options.mailbox ?? type.mailbox ?? mailboxDefault);
    this.timers = new ActorTimers(host.timers, host.clock, (message) => this.deliverOwn(message));
    this.handling = new Handling({
      crashed: (failure, method) => this.#life.crash(failure, method),
      refused: (failure, method) =>
        this.#log("warn", `${method} was refused: ${failure.detail}`, { code: failure.code }),
      idle: () => {
        this.#life.idle();
        this.#wake();
      },
    });
    this.family = new Family(options.supervise ?? type.supervise ?? supervisionDefault, {
      now: () => host.clock.now(),
      chance: () => host.random.next(),
      after: (ms, ring) => this.#after(ms, ring),
      escalate: (failure, child) => this.#life.crash(failure, `child ${child.name}`),
      restarting: (child, delayMs) =>
        this.#log("info", `restarting ${child.name} in ${Math.round(delayMs)} ms`),
    });
    this.#life = new Life({
      handling: this.handling,
      startTimeoutMs: options.startTimeoutMs ?? type.startTimeoutMs ?? limits.startMsDefault,
      stopTimeoutMs: options.stopTimeoutMs ?? type.stopTimeoutMs ?? limits.stopMsDefault,
      createInstance: () => new Instance(type, args, { owner: this, host, self: this.ref }),
      after: (ms, ring) => this.#after(ms, ring),
      clearTimers: () => this.timers.clear(),
      openFamily: () => this.family.open(),
      endChildren: (done) => this.family.endAll(done),
      due: () => host.dispatcher.schedule(this),
      running: () => this.#wake(),
      pendingCount: () => this.#mailbox.depth,
      crashed: (failure, during) => this.#crashed(failure, during),
      left: () => this.#parent?.family.childLeft(this),
      ended: (exit) => this.#ended(exit),
      complain: (about) => this.#log("error", typeof about === "string" ? about : about.detail),
    });
    host.enlist(this);
    host.dispatcher.schedule(this);
  }

  get state(): LifeState {
    return this.#life.state;
  }

  get depth(): number {
    return this.#mailbox.depth;
  }

  get restarts(): number {
    return this.#life.restarts;
  }

  // ---- messages

  accept(method: string, args: readonly unknown[], reply: Reply | undefined): void {
    const message: Message = { method, args, reply, ticket: undefined };
    if (!this.#life.takesNewcomers) {
      this.#host.bury(this.address, message, "actor_stopped");
      return;
    }
    const left = this.#mailbox.offer(message);
    if (left) this.#host.bury(this.address, left, "mailbox_full");
    this.#wake();
  }

  deliverOwn(message: Message): void {
    if (this.#life.state === "ended") return;
    this.#mailbox.offerOwn(message);
    this.#wake();
  }

  heardTerminated(ref: AnyRef, exit: Exit): void {
    this.#mailbox.signal({ kind: "terminated", ref, exit });
    this.#wake();
  }

  runTurn(messagesMax: number): boolean {
    if (this.#life.state === "born") this.#life.begin();
    this.#life.turnBegan();
    const hasMore = this.#handleSome(messagesMax);
    this.#life.turnEnded();
    return hasMore;
  }

  #handleSome(messagesMax: number): boolean {
    for (let handled = 0; handled < messagesMax; handled += 1) {
      const { instance } = this.#life;
      if (!instance || this.handling.isBusy) return false;
      if (!this.#handleNext(instance)) return false;
    }
    return this.#mailbox.depth > 0 && !this.handling.isBusy;
  }

  #handleNext(instance: Instance): boolean {
    const signal = this.#mailbox.takeSignal();
    if (signal) {
      const hook = (): unknown => instance.terminated(signal.ref, signal.exit);
      this.handling.run("terminated", undefined, hook);
      return true;
    }
    const message = this.#mailbox.takeMessage();
    if (!message) return false;
    const { method, args, reply, ticket } = message;
    if (ticket && !this.timers.admit(ticket)) return true;
    if (reply && !reply.isOpen) return true;
    this.handling.run(method, reply, () => instance.handle(method, args));
    return true;
  }

  // ---- life, as the parent and the node see it

  crash(failure: Failure): void {
    this.#life.crash(failure, "a piped promise");
  }

  get canResume(): boolean {
    return this.#life.canResume;
  }

  resume(): void {
    this.#life.resume();
    this.family.resumeEscalated();
  }

  suspend(exit: Exit, done: () => void): void {
    this.#life.suspend(exit, done);
  }

  rebirth(done: () => void): void {
    this.#life.rebirth(done);
  }

  end(failure: Failure | undefined, done: () => void): void {
    this.#life.end(failure, done);
  }

  /** Ends for good once what waits now is handled; what comes meanwhile is refused. */
  drain(done: () => void): void {
    this.#life.onceEnded(done);
    this.#life.drain("end");
  }

  /** The actor wants to end; a permanent one is begun anew. */
  #leave(pending: PendingFate): void {
    const isBegunAnew = this.restartKind === "permanent" && this.#parent !== undefined;
    if (pending === "drain") this.#life.drain(isBegunAnew ? "leave" : "end");
    else if (isBegunAnew) this.#life.leave();
    else this.#life.end(undefined, () => {});
  }

  #crashed(failure: Failure, during: string): void {
    this.#log("error", `crashed in ${during}: ${failure.detail}`, {
      code: failure.code,
      waiting: this.#mailbox.depth,
      restarts: this.#life.restarts,
      cause: failure.cause instanceof Error ? failure.cause.stack : failure.stack,
    });
    if (this.#parent) this.#parent.family.childFailed(this, failure, during);
    else this.#host.fatal(failure);
  }

  #ended(exit: Exit): void {
    for (let left = this.#mailbox.takeMessage(); left; left = this.#mailbox.takeMessage()) {
      this.#host.bury(this.address, left, "actor_stopped");
    }
    this.#host.delist(this);
    for (const ref of this.watching.takeAll()) this.#host.endWatch(ref, this);
    this.watchers.notify(exit, (watcher, why) => this.#host.notifyElsewhere(watcher, why));
    this.#parent?.family.remove(this);
  }

  // ---- what the context offers

  spawnChild(type: ActorClass, args: unknown, options: SpawnOptions): Ref<unknown> {
    const isEnding = this.#life.state === "ending" || this.#life.state === "ended";
    if (isEnding || !this.family.isOpen) {
      throw new Failure("actor_stopped", `${this.path} is ending and takes no new children`);
    }
    const name = options.name ?? `$${this.#host.nextUid().toString(36)}`;
    this.#host.checkName(name, this.path, this.family.has(name));
    const child = new Cell(this.#host, { type, args, options, name, parent: this });
    this.family.add(child);
    return child.ref;
  }

  childStarted(ref: AnyRef): Promise<void> {
    const child = this.#childOf(ref);
    return new Promise((resolve, reject) => {
      child.#life.onceStarted(() => {
        if (child.state !== "ended") resolve();
        else reject(new Failure("actor_stopped", `${child.path} ended before it had started`));
      });
    });
  }

  stopChild(ref: AnyRef | undefined, pending: PendingFate): void {
    if (!ref) this.#leave(pending);
    else if (pending === "drain") this.#childOf(ref).drain(() => {});
    else this.#childOf(ref).end(undefined, () => {});
  }

  watch(ref: AnyRef): void {
    if (this.watching.add(ref)) this.#host.beginWatch(ref, this);
  }

  unwatch(ref: AnyRef): void {
    if (this.watching.remove(ref)) this.#host.endWatch(ref, this);
  }

  #childOf(ref: AnyRef): Cell {
    const child = this.family.all.find((candidate) => candidate.address.uid === ref.$.address.uid);
    if (child) return child;
    throw new Failure("not_found", `${ref.$.toString()} is no living child of ${this.path}`);
  }

  #wake(): void {
    if (this.#life.instance && !this.handling.isBusy) this.#host.dispatcher.schedule(this);
  }

  #after(ms: number, ring: () => void): () => void {
    const handle = this.#host.timers.set(this.#host.clock.now() + ms, ring);
    return () => this.#host.timers.cancel(handle);
  }

  #log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#host.log.write(level, this.path, message, fields);
  }
}
