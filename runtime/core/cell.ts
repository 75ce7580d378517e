// One living actor: its instance with mailbox, children, watchers and timers, from birth to end. A
// message's way ends here.
//
//   born ─► starting ─► running ─► failed ─(backoff)─► starting …
//               └──────────┴──────────┴──► ending ─► ended
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
import type { Runnable } from "./dispatcher.ts";
import { type Child, Family } from "./family.ts";
import { Handling } from "./handling.ts";
import { Instance } from "./instance.ts";
import { crashOf, exitOf, type LifeState, runHook, startMsMax, stopMsMax } from "./life.ts";
import { Mailbox, type Message } from "./mailbox.ts";
import type { Reply } from "./reply.ts";
import { supervisionDefault } from "./supervision.ts";
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
  readonly timers: ActorTimers;
  readonly handling: Handling;
  readonly family: Family<Cell>;
  readonly watching = new Watching();
  readonly watchers = new Watchers();
  readonly #host: CellHost;
  readonly #spec: CellSpec;
  readonly #mailbox: Mailbox;
  #state: LifeState = "born";
  #instance: Instance | undefined;
  #restarts = 0;
  readonly #whenIdle: (() => void)[] = [];
  readonly #whenStarted: (() => void)[] = [];
  readonly #whenEnded: (() => void)[] = [];

  constructor(host: CellHost, spec: CellSpec) {
    const { type, options, parent } = spec;
    this.#host = host;
    this.#spec = spec;
    this.name = spec.name;
    this.path = parent ? `${parent.path === "/" ? "" : parent.path}/${spec.name}` : "/";
    this.address = { node: host.node, path: this.path, uid: host.nextUid() };
    this.protocol = type.protocol;
    this.ref = host.makeRef(this.protocol, this.address, this);
    this.#mailbox = new Mailbox(options.mailbox ?? type.mailbox ?? mailboxDefault);
    this.timers = new ActorTimers(host.timers, host.clock, (message) => this.deliverOwn(message));
    this.handling = new Handling({
      crashed: (failure, method) => this.#crashed(failure, method),
      refused: (failure, method) =>
        this.#log("warn", `${method} was refused: ${failure.detail}`, { code: failure.code }),
      idle: () => this.#idle(),
    });
    this.family = new Family(options.supervise ?? type.supervise ?? supervisionDefault, {
      now: () => host.clock.now(),
      chance: () => host.random.next(),
      after: (ms, ring) => this.#after(ms, ring),
      escalate: (failure) => this.crash(failure),
      restarting: (child, delayMs) =>
        this.#log("info", `restarting ${child.name} in ${Math.round(delayMs)} ms`),
    });
    host.enlist(this);
    host.dispatcher.schedule(this);
  }

  get state(): LifeState {
    return this.#state;
  }

  get depth(): number {
    return this.#mailbox.depth;
  }

  get restarts(): number {
    return this.#restarts;
  }

  // ---- messages

  accept(method: string, args: readonly unknown[], reply: Reply | undefined): void {
    const message: Message = { method, args, reply, ticket: undefined };
    if (this.#state === "ended") {
      this.#bury(message, "actor_stopped");
      return;
    }
    const left = this.#mailbox.offer(message);
    if (left) this.#bury(left, "mailbox_full");
    this.#wake();
  }

  deliverOwn(message: Message): void {
    if (this.#state === "ended") return;
    this.#mailbox.offerOwn(message);
    this.#wake();
  }

  runTurn(messagesMax: number): boolean {
    if (this.#state === "born") this.#begin();
    for (let handled = 0; handled < messagesMax; handled += 1) {
      if (this.#state !== "running" || this.handling.isBusy) return false;
      if (!this.#handleNext()) return false;
    }
    return this.#state === "running" && !this.handling.isBusy && this.#mailbox.depth > 0;
  }

  #handleNext(): boolean {
    const instance = this.#instance;
    if (!instance) return false;
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

  // ---- life, as the parent sees it

  crash(failure: Failure): void {
    this.#crashed(failure, "a child or a piped promise");
  }

  resume(): void {
    if (this.#state !== "failed" || !this.#instance) return;
    this.#state = "running";
    this.#wake();
  }

  suspend(failure: Failure, done: () => void): void {
    if (this.#state === "ending" || this.#state === "ended") {
      done();
      return;
    }
    this.#state = "failed";
    this.#endInstance(exitOf(failure), done);
  }

  rebirth(done: () => void): void {
    if (this.#state === "running" || this.#state === "ended") {
      done();
      return;
    }
    this.#whenStarted.push(done);
    if (this.#state !== "failed") return;
    this.#restarts += 1;
    this.#begin();
  }

  end(failure: Failure | undefined, done: () => void): void {
    if (this.#state === "ended") {
      done();
      return;
    }
    this.#whenEnded.push(done);
    if (this.#state === "ending") return;
    const exit: Exit = failure ? exitOf(failure) : { kind: "stopped" };
    this.#state = "ending";
    this.#endInstance(exit, () => this.#ended(exit));
  }

  requestStop(): void {
    this.end(undefined, () => {});
  }

  /** Calls back when `start` is done, or the actor has ended without. */
  onceStarted(done: () => void): void {
    if (this.#state === "running" || this.#state === "ended") done();
    else this.#whenStarted.push(done);
  }

  #begin(): void {
    this.#state = "starting";
    const { type, args } = this.#spec;
    let instance: Instance;
    try {
      instance = new Instance(type, args, { owner: this, host: this.#host, self: this.ref });
    } catch (error) {
      this.#crashed(crashOf(error, "the constructor or initial"), "start");
      return;
    }
    this.#instance = instance;
    runHook({
      hook: () => instance.start(),
      name: "start",
      msMax: startMsMax,
      after: (ms, ring) => this.#after(ms, ring),
      done: (failure) => {
        if (this.#instance !== instance || this.#state !== "starting") return;
        if (failure) this.#crashed(failure, "start");
        else this.#started();
      },
    });
  }

  #started(): void {
    this.#state = "running";
    this.#wake();
    this.#callAll(this.#whenStarted);
  }

  #crashed(failure: Failure, during: string): void {
    if (this.#state === "ending" || this.#state === "ended" || this.#state === "failed") return;
    this.#state = "failed";
    this.timers.clear();
    this.#log("error", `crashed in ${during}: ${failure.detail}`, {
      code: failure.code,
      waiting: this.#mailbox.depth,
      restarts: this.#restarts,
      cause: failure.cause instanceof Error ? failure.cause.stack : failure.stack,
    });
    const { parent } = this.#spec;
    if (parent) parent.family.childFailed(this, failure);
    else this.#host.fatal(failure);
  }

  /** Waits for the handler in progress, ends the children, then lets the instance say goodbye. */
  #endInstance(exit: Exit, done: () => void): void {
    this.timers.clear();
    this.handling.abort();
    this.#onceIdle(() => {
      this.family.endAll(() => {
        const instance = this.#instance;
        this.#instance = undefined;
        runHook({
          hook: () => instance?.stopped(exit),
          name: "stopped",
          msMax: stopMsMax,
          after: (ms, ring) => this.#after(ms, ring),
          done: (failure) => {
            if (failure) this.#log("error", failure.detail, { code: failure.code });
            instance?.context.end();
            done();
          },
        });
      });
    });
  }

  #ended(exit: Exit): void {
    this.#state = "ended";
    for (let left = this.#mailbox.takeMessage(); left; left = this.#mailbox.takeMessage()) {
      this.#bury(left, "actor_stopped");
    }
    this.#host.delist(this);
    for (const ref of this.watching.takeAll()) this.#host.endWatch(ref, this);
    this.watchers.notify(exit, (watcher, why) => this.#host.notifyElsewhere(watcher, why));
    this.#spec.parent?.family.remove(this);
    this.#callAll(this.#whenStarted);
    this.#callAll(this.#whenEnded);
  }

  // ---- what the context offers

  spawnChild(type: ActorClass, args: unknown, options: SpawnOptions): Ref<unknown> {
    if (this.#state === "ending" || this.#state === "ended") {
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
      child.onceStarted(() => {
        if (child.state === "running") resolve();
        else reject(new Failure("actor_stopped", `${child.path} ended before it had started`));
      });
    });
  }

  stopChild(ref: AnyRef | undefined): void {
    (ref ? this.#childOf(ref) : this).requestStop();
  }

  watch(ref: AnyRef): void {
    if (this.watching.add(ref)) this.#host.beginWatch(ref, this);
  }

  unwatch(ref: AnyRef): void {
    if (this.watching.remove(ref)) this.#host.endWatch(ref, this);
  }

  heardTerminated(ref: AnyRef, exit: Exit): void {
    this.#mailbox.signal({ kind: "terminated", ref, exit });
    this.#wake();
  }

  // ---- helpers

  #childOf(ref: AnyRef): Cell {
    const child = this.family.all.find((candidate) => candidate.address.uid === ref.$.address.uid);
    if (child) return child;
    throw new Failure("not_found", `${ref.$.toString()} is no living child of ${this.path}`);
  }

  #bury(message: Message, reason: "actor_stopped" | "mailbox_full"): void {
    this.#host.bury(this.address, message, reason);
  }

  #wake(): void {
    if (this.#state === "running" && !this.handling.isBusy) this.#host.dispatcher.schedule(this);
  }

  #idle(): void {
    this.#callAll(this.#whenIdle);
    this.#wake();
  }

  #onceIdle(proceed: () => void): void {
    if (!this.handling.isBusy) {
      proceed();
      return;
    }
    const cancel = this.#after(stopMsMax, () => {
      this.#log("error", `a handler did not end in ${stopMsMax} ms and is left behind`);
      this.handling.abandon();
      this.#idle();
    });
    this.#whenIdle.push(() => {
      cancel();
      proceed();
    });
  }

  #after(ms: number, ring: () => void): () => void {
    const handle = this.#host.timers.set(this.#host.clock.now() + ms, ring);
    return () => this.#host.timers.cancel(handle);
  }

  #callAll(waiting: (() => void)[]): void {
    for (const call of waiting.splice(0)) call();
  }

  #log(
    level: "info" | "warn" | "error",
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void {
    this.#host.log.write(level, this.path, message, fields);
  }
}
