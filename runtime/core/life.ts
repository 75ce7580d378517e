// The life of one actor: how its instances begin and end.
//
//   born ──► starting ──► running ──crash──► failed ──(supervisor)──► starting …
//                └───────────┴─────────────────┴──► ending ──► ended
//
// Before an instance ends, the handler in progress gets time to end, then the children end, then
// the instance says goodbye (`stopped`).
import type { Exit } from "#protocols/envelope.ts";
import type { Failure } from "#protocols/failure.ts";
import type { Handling } from "./handling.ts";
import { crashOf, exitOf, runHook } from "./hooks.ts";
import type { Instance } from "./instance.ts";

export type LifeState = "born" | "starting" | "running" | "failed" | "ending" | "ended";

/** Milliseconds that `start` may take before it counts as failed. */
export const startMsMax = 60_000;
/** Milliseconds that a handler in progress, and then `stopped`, may take when an actor ends. */
export const stopMsMax = 5_000;

export interface LifePorts {
  readonly handling: Handling;
  /** Throws what the class's constructor throws. */
  createInstance(): Instance;
  /** Calls back after `ms`; answers how to prevent it. */
  after(ms: number, ring: () => void): () => void;
  clearTimers(): void;
  endChildren(done: () => void): void;
  /** The instance runs: messages may be handled. */
  running(): void;
  /** The supervisor is to decide. */
  crashed(failure: Failure, during: string): void;
  ended(exit: Exit): void;
  complain(failure: Failure | string): void;
}

export class Life {
  readonly #ports: LifePorts;
  #state: LifeState = "born";
  #instance: Instance | undefined;
  #restarts = 0;
  /** A `start` is under way: what it opens is closed by `stopped`, which has to come after it. */
  #isStarting = false;
  readonly #whenIdle: (() => void)[] = [];
  readonly #whenStarted: (() => void)[] = [];
  readonly #whenEnded: (() => void)[] = [];

  constructor(ports: LifePorts) {
    this.#ports = ports;
  }

  get state(): LifeState {
    return this.#state;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** The instance, while it may handle messages. */
  get instance(): Instance | undefined {
    return this.#state === "running" ? this.#instance : undefined;
  }

  begin(): void {
    this.#state = "starting";
    let instance: Instance;
    try {
      instance = this.#ports.createInstance();
    } catch (error) {
      this.crash(crashOf(error, "the constructor or initial"), "start");
      return;
    }
    this.#instance = instance;
    this.#isStarting = true;
    runHook({
      hook: () => instance.start(),
      name: "start",
      msMax: startMsMax,
      after: this.#ports.after,
      done: (failure) => {
        this.#isStarting = false;
        if (this.#instance !== instance || this.#state !== "starting") this.idle();
        else if (failure) this.crash(failure, "start");
        else this.#run();
      },
    });
  }

  /** The instance cannot go on; it stands still until the supervisor has decided. */
  crash(failure: Failure, during: string): void {
    if (this.#state !== "starting" && this.#state !== "running") return;
    this.#state = "failed";
    this.#ports.crashed(failure, during);
  }

  resume(): void {
    if (this.#state === "failed" && this.#instance) this.#run();
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
    this.onceStarted(done);
    if (this.#state !== "failed") return;
    this.#restarts += 1;
    this.begin();
  }

  end(failure: Failure | undefined, done: () => void): void {
    if (this.#state === "ended") {
      done();
      return;
    }
    this.#whenEnded.push(done);
    if (this.#state === "ending") return;
    this.#state = "ending";
    const exit: Exit = failure ? exitOf(failure) : { kind: "stopped" };
    this.#endInstance(exit, () => {
      this.#state = "ended";
      this.#ports.ended(exit);
      callAll(this.#whenStarted);
      callAll(this.#whenEnded);
    });
  }

  /** Calls back when `start` is done, or the actor has ended without. */
  onceStarted(done: () => void): void {
    if (this.#state === "running" || this.#state === "ended") done();
    else this.#whenStarted.push(done);
  }

  /** No handler is in progress any more. */
  idle(): void {
    callAll(this.#whenIdle);
  }

  #run(): void {
    this.#state = "running";
    this.#ports.running();
    callAll(this.#whenStarted);
  }

  #endInstance(exit: Exit, done: () => void): void {
    this.#ports.clearTimers();
    this.#ports.handling.abort();
    this.#onceIdle(() => this.#ports.endChildren(() => this.#sayGoodbye(exit, done)));
  }

  #sayGoodbye(exit: Exit, done: () => void): void {
    const instance = this.#instance;
    this.#instance = undefined;
    runHook({
      hook: () => instance?.stopped(exit),
      name: "stopped",
      msMax: stopMsMax,
      after: this.#ports.after,
      done: (failure) => {
        if (failure) this.#ports.complain(failure);
        instance?.context.end();
        done();
      },
    });
  }

  #onceIdle(proceed: () => void): void {
    const { handling, after } = this.#ports;
    if (!handling.isBusy && !this.#isStarting) {
      proceed();
      return;
    }
    const cancel = after(stopMsMax, () => {
      this.#ports.complain(`a handler did not end in ${stopMsMax} ms and is left behind`);
      handling.abandon();
      this.idle();
    });
    this.#whenIdle.push(() => {
      cancel();
      proceed();
    });
  }
}

function callAll(waiting: (() => void)[]): void {
  for (const call of waiting.splice(0)) call();
}
