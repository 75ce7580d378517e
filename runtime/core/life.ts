// The life of one actor: how its instances begin and end.
//
//            ┌──────────────────── rebirth ◄────────────────────┐
//            ▼                                                  │
//   born ──► starting ──► running ──crash──► failed ──► suspending ──► suspended
//                │      (or draining)         │ resume: running
//                └───────────┴────────────────┴──► ending ──► ended
//
// Before an instance ends, the handler in progress gets time to end, then the children end, then the
// instance says goodbye (`stopped`). A `start` in progress may be waiting for a child that will never
// run, so there the children end first. Whoever takes too long is left behind: its context refuses
// everything from then on. An end that comes while the instance is being suspended waits for it.
import type { Exit } from "#protocols/envelope.ts";
import type { Failure } from "#protocols/failure.ts";
import { Drain } from "./drain.ts";
import { BirthFailure, callAll, crashOf, exitOf, runHook } from "./hooks.ts";
import type { Instance } from "./instance.ts";
import type { AfterDrain, LifePorts, LifeState } from "./life-ports.ts";

export class Life {
  readonly #ports: LifePorts;
  #state: LifeState = "born";
  #instance: Instance | undefined;
  #restarts = 0;
  /** Whose `start` is under way: what it opens is closed by `stopped`, which has to come after. */
  #starting: Instance | undefined;
  #hasRun = false;
  /** Why it stands still, until that is decided. */
  #failure: Failure | undefined;
  #drain: Drain | undefined;
  #endsWith: Exit = exitOf(undefined);
  readonly #whenIdle: (() => void)[] = [];
  readonly #whenStarted: (() => void)[] = [];
  readonly #whenSuspended: (() => void)[] = [];
  readonly #whenEnded: (() => void)[] = [];

  /** `running`: the instance of an actor that has run so far without a life of its own. */
  constructor(ports: LifePorts, running?: Instance) {
    this.#ports = ports;
    this.#instance = running;
    if (!running) return;
    this.#state = "running";
    this.#hasRun = true;
  }

  get state(): LifeState {
    return this.#state;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get canResume(): boolean {
    return this.#state === "failed" && this.#failure !== undefined && this.#hasRun;
  }

  begin(): void {
    if (this.#state !== "born") return;
    this.#state = "starting";
    this.#hasRun = false;
    this.#ports.family?.open();
    let instance: Instance;
    try {
      instance = this.#ports.createInstance();
    } catch (error) {
      if (error instanceof BirthFailure) this.crash(error.failure, error.step);
      else this.crash(crashOf(error, "making the instance"), "constructor");
      return;
    }
    this.#instance = instance;
    this.#starting = instance;
    runHook({
      hook: () => instance.start(),
      name: "start",
      msMax: this.#ports.startTimeoutMs,
      after: this.#ports.startAlarm,
      done: (failure) => this.#startEnded(instance, failure),
    });
  }

  rebirth(done: () => void): void {
    this.onceStarted(done);
    if (this.#state !== "suspended") return;
    this.#restarts += 1;
    this.#state = "born";
    this.#ports.due();
  }

  /** Calls back when `start` is done, or the actor has ended without. */
  onceStarted(done: () => void): void {
    if (this.#isRunning || this.#state === "ended") done();
    else this.#whenStarted.push(done);
  }

  // ---- it cannot go on, or does not want to

  /** The instance stands still until the supervisor has decided. Of no account unless it is up. */
  crash(failure: Failure, during: string): void {
    if (!this.#isUp) return;
    this.#halt("failed");
    this.#failure = failure;
    this.#ports.crashed(failure, during);
  }

  /** The actor wants to end: the supervisor decides whether it begins anew. */
  leave(): void {
    if (!this.#isUp) return;
    this.#stopDraining();
    this.#halt("failed");
    this.#ports.left();
  }

  resume(): void {
    if (!this.canResume) return;
    this.#run();
    this.#ports.resumed();
  }

  suspend(exit: Exit, done: () => void): void {
    if (this.#state === "ended" || this.#state === "suspended") {
      done();
      return;
    }
    this.#whenSuspended.push(done);
    if (this.#state === "suspending" || this.#state === "ending") return;
    this.#halt("suspending");
    this.#failure = undefined;
    this.#closeInstance(exit);
  }

  // ---- it ends

  /** Handles what waits, refuses what comes, then ends; after `stopTimeoutMs` the rest is dropped. */
  drain(afterwards: AfterDrain): void {
    if (this.#state === "ending" || this.#state === "ended") return;
    if (this.#drain) {
      this.#drain.wish(afterwards);
      return;
    }
    this.#drain = new Drain(this.#ports, afterwards, () => this.#drained());
    if (this.#state !== "running" || !this.#instance) return;
    this.#state = "draining";
    this.#ports.running(this.#instance);
  }

  end(failure: Failure | undefined, done: () => void): void {
    this.onceEnded(done);
    if (this.#state === "ended" || this.#state === "ending") return;
    this.#stopDraining();
    this.#endsWith = exitOf(failure ?? this.#failure);
    const isClosing = this.#state === "suspending";
    this.#halt("ending");
    if (!isClosing) this.#closeInstance(this.#endsWith);
  }

  /** It lives on elsewhere: nothing of it is left here, and nobody is told of an end. */
  vanish(): void {
    this.#instance?.end();
    this.#instance = undefined;
    this.#halt("ended");
  }

  onceEnded(done: () => void): void {
    if (this.#state === "ended") done();
    else this.#whenEnded.push(done);
  }

  // ---- turns: an instance never ends while its handler is on the stack

  turnEnded(): void {
    if (this.#state === "running") return;
    if (!this.#isIdle) {
      // An async handler asked for the end in its first, synchronous part.
      if (this.#whenIdle.length > 0) this.#limitWaiting();
      return;
    }
    this.idle();
    if (this.#state === "draining" && this.#ports.pendingCount() === 0) this.#drained();
  }

  /** A handler or `start` has ended: whoever waits for the last of them goes on. */
  idle(): void {
    if (this.#isIdle) callAll(this.#whenIdle);
  }

  get #isUp(): boolean {
    return this.#isRunning || this.#state === "starting";
  }

  get #isRunning(): boolean {
    return this.#state === "running" || this.#state === "draining";
  }

  get #isIdle(): boolean {
    return !this.#ports.isInTurn && !this.#ports.handling.isBusy && !this.#starting;
  }

  #halt(state: LifeState): void {
    this.#state = state;
    this.#ports.halted();
  }

  #startEnded(instance: Instance, failure: Failure | undefined): void {
    if (this.#starting !== instance) return;
    this.#starting = undefined;
    if (this.#state !== "starting") this.idle();
    else if (failure) this.crash(failure, "start");
    else this.#run();
  }

  #run(): void {
    this.#state = this.#drain ? "draining" : "running";
    this.#hasRun = true;
    this.#failure = undefined;
    if (this.#instance) this.#ports.running(this.#instance);
    callAll(this.#whenStarted);
  }

  #drained(): void {
    const afterwards = this.#drain?.afterwards;
    this.#stopDraining();
    if (afterwards === "leave") this.leave();
    else this.end(undefined, () => {});
  }

  #stopDraining(): void {
    this.#drain?.stop();
    this.#drain = undefined;
  }

  #closeInstance(exit: Exit): void {
    this.#ports.clearTimers();
    this.#ports.handling.abort();
    const goodbye = (): void => this.#sayGoodbye(exit);
    if (this.#starting) {
      this.#endChildren(() => this.#onceIdle(goodbye));
      return;
    }
    if (!this.#isIdle) this.#ports.family?.endStanding();
    this.#onceIdle(() => this.#endChildren(goodbye));
  }

  #endChildren(done: () => void): void {
    const { family } = this.#ports;
    if (family) family.endAll(done);
    else done();
  }

  #onceIdle(proceed: () => void): void {
    if (this.#isIdle) {
      proceed();
      return;
    }
    this.#whenIdle.push(proceed);
    if (!this.#ports.isInTurn) this.#limitWaiting();
  }

  #limitWaiting(): void {
    const cancel = this.#ports.stopAlarm(this.#ports.stopTimeoutMs, () => {
      const who = this.#starting ? "start" : "a handler";
      const text = `${who} did not end in ${this.#ports.stopTimeoutMs} ms and is left behind`;
      this.#ports.complain(text);
      this.#ports.handling.abandon();
      this.#starting = undefined;
      this.idle();
    });
    this.#whenIdle.push(cancel);
  }

  #sayGoodbye(exit: Exit): void {
    const instance = this.#instance;
    this.#instance = undefined;
    if (!instance) {
      this.#closed();
      return;
    }
    runHook({
      hook: () => instance.stopped(exit),
      name: "stopped",
      msMax: this.#ports.stopTimeoutMs,
      after: this.#ports.stopAlarm,
      done: (failure) => {
        if (failure) this.#ports.complain(failure);
        instance.end();
        this.#closed();
      },
    });
  }

  #closed(): void {
    const hasEnded = this.#state === "ending";
    this.#state = hasEnded ? "ended" : "suspended";
    if (hasEnded) this.#ports.ended(this.#endsWith);
    callAll(this.#whenSuspended);
    if (!hasEnded) return;
    callAll(this.#whenStarted);
    callAll(this.#whenEnded);
  }
}
