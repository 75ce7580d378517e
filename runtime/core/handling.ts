// How the handlers of one actor end: at once, after an await, by a throw, with the message put aside
// or handed on. While one awaits, the actor takes no other message, unless all are readonly.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { Deferred } from "#protocols/protocol.ts";
import { answer } from "./answer.ts";
import type { Call } from "./call.ts";
import type { Focus } from "./focus.ts";
import { crashOf } from "./hooks.ts";
import type { HandlingEnd } from "./observer.ts";
import { refusalIn, reply } from "./reply.ts";
import { refuseCycle } from "./wait-graph.ts";

export interface HandlingPorts {
  /** The handler has ended, for the accounts and the observer. */
  ended(call: Call, end: HandlingEnd): void;
  /** The message is put aside: it is not handled yet. Why it cannot be, if so. */
  stashed(call: Call): Failure | undefined;
  crashed(failure: Failure, method: string): void;
  /** A tell was refused with `throw reply(…)`: nobody waits for the answer, so it is a dead letter. */
  refused(failure: Failure, call: Call): void;
  /** A handler has ended, and others go on. */
  eased(): void;
  /** The last handler in progress has ended. */
  idle(): void;
}

export class Handling {
  readonly #ports: HandlingPorts;
  readonly #calls = new Set<Call>();
  /** Answers that were put off and are still to come. */
  deferredCount = 0;
  #isShared = false;
  /** `start` or `stopped` while it awaits something. */
  #hook: Call | undefined;

  constructor(ports: HandlingPorts) {
    this.#ports = ports;
  }

  /** A handler awaits something. */
  get isBusy(): boolean {
    return this.#calls.size > 0;
  }

  /** A handler or a hook awaits something: messages wait for it. */
  get isAwaited(): boolean {
    return this.#hook !== undefined || this.#calls.size > 0;
  }

  /** All handlers in progress are readonly, and one more may join them. */
  get isShareable(): boolean {
    return this.#isShared && !this.isFull;
  }

  /** As many readonly handlers as may be are in progress: the next one waits. */
  get isFull(): boolean {
    return this.#calls.size >= limits.readonlyCallsMax;
  }

  /** Handlers that await something. */
  get count(): number {
    return this.#calls.size;
  }

  /** Handlers in progress, or the hook: messages wait for them. */
  get calls(): Iterable<Call> {
    return this.#hook === undefined ? this.#calls : [this.#hook, ...this.#calls];
  }

  /** The only handler or hook in progress; undefined when there are several. */
  get only(): Call | undefined {
    if (this.#hook !== undefined) return this.#hook;
    const [call] = this.#calls;
    return this.#calls.size === 1 ? call : undefined;
  }

  /** The hook awaits something. */
  hookAwaits(call: Call): void {
    this.#hook = call;
    this.#waits(call);
  }

  hookEnded(call: Call): void {
    call.isOpen = false;
    if (this.#hook === call) this.#hook = undefined;
  }

  /** The handler in the focus awaits something. */
  await(result: unknown, focus: Focus): void {
    const call = focus.releaseCall();
    this.#calls.add(call);
    this.#isShared = call.selector.isReadonly;
    this.#waits(call);
    // Whatever has a `then` of its own may throw there: a promise never does.
    Promise.resolve(result).then(
      (value) => this.#settled(call, () => this.#succeeded(call, value)),
      (error: unknown) => this.#settled(call, () => this.#threw(call, error)),
    );
  }

  /** The handler in the focus has thrown. */
  threw(error: unknown, focus: Focus): void {
    const call = focus.releaseCall();
    call.isOpen = false;
    this.#threw(call, error);
  }

  /** The handler in the focus, which has made a call of its own, has ended at once. */
  returned(result: unknown, focus: Focus): void {
    const call = focus.releaseCall();
    call.isOpen = false;
    this.#succeeded(call, result);
  }

  /** The actor is stopping: whoever listens to a signal should end. */
  abort(): void {
    for (const call of this.calls) call.abort();
  }

  /** Stops waiting for handlers that do not end; what they still do concerns nobody. */
  abandon(): void {
    const left = [...this.#calls];
    this.#calls.clear();
    for (const call of left) {
      call.isOpen = false;
      if (call.disposal !== "forwarded") call.origin?.reply?.refuse(leftBehind(call));
      this.#ports.ended(call, "left-behind");
    }
  }

  /** From now on it waits for what it has asked: before, that was of no harm. */
  #waits(call: Call): void {
    call.isAwaiting = true;
    for (const ask of call.openAsks) refuseCycle(call, ask);
  }

  #settled(call: Call, finish: () => void): void {
    if (!this.#calls.delete(call)) return;
    call.isOpen = false;
    finish();
    if (this.isBusy) this.#ports.eased();
    else this.#ports.idle();
  }

  #succeeded(call: Call, result: unknown): void {
    if (call.disposal === "stashed") {
      const full = this.#ports.stashed(call);
      if (full) this.#threw(call, reply(full));
      return;
    }
    this.#ports.ended(call, "done");
    const asked = call.origin?.reply;
    if (!asked || call.disposal !== undefined) {
      if (result instanceof Deferred) this.#unasked(result, call);
      return;
    }
    if (result instanceof Deferred) {
      call.isDeferring = true;
      this.deferredCount += 1;
      const given = (): void => {
        this.deferredCount -= 1;
      };
      Promise.resolve(result.promise).then(given, given);
      this.#waits(call);
    }
    answer(asked, result);
  }

  /** Nobody gets what was deferred: its failure is told, and is none of the process. */
  #unasked({ promise }: Deferred<unknown>, call: Call): void {
    Promise.resolve(promise).catch((error: unknown) => {
      this.#ports.refused(refusalIn(error) ?? crashOf(error, "a deferred reply"), call);
    });
  }

  #threw(call: Call, error: unknown): void {
    const asked = call.disposal === "forwarded" ? undefined : call.origin?.reply;
    const refusal = refusalIn(error);
    if (refusal) {
      this.#ports.ended(call, "refused");
      if (asked) asked.refuse(refusal);
      else this.#ports.refused(refusal, call);
      return;
    }
    this.#ports.ended(call, "crashed");
    const failure = crashOf(error, `${call.caller.path} ${call.selector.name}`);
    asked?.refuse(failure);
    this.#ports.crashed(failure, call.selector.name);
  }
}

const leftBehind = (call: Call): Failure =>
  new Failure(
    "actor_stopped",
    `${call.caller.path} ended, or began anew, while ${call.selector.name} was in progress; what it did until then stands`,
  );
