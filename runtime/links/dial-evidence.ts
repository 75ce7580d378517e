// What dialling a node shows of it, read from the monitor events of ZeroMQ's dialling sockets. Pure.
//
// Seen on loopback (libzmq 4.3.5, ZMTP heartbeats 250/750 ms, connectTimeout 500, handshakeInterval
// 2000; `+` is time since the line before it in the sequence):
//
//   peer                     events                                                     here
//   runs                     connect:delay, +1 connect, +1 handshake                    alive
//   killed while connected   +2 disconnect, connect:retry, +75..100 connect:delay,
//                            +1 close, connect:retry ... (every 50..100 ms)             broken, refused
//   port is dead             connect:delay, +1 close, connect:retry ...                 refused
//   stopped while connected  +750..1000 disconnect, connect:retry, +75 connect:delay,
//                            +1 connect, +2000 handshake:error:other (EAGAIN),
//                            disconnect, connect:retry ... ; continued: handshake       broken, no_handshake
//   stopped before           connect:delay, +1 connect, +2000 handshake:error:other
//                            (EAGAIN), disconnect, connect:retry ...                    no_handshake
//   machine gone (no SYN+ACK) connect:delay, +500 close, connect:retry ...              unanswered
//   event loop blocked       nothing; a new dialling: connect, +1 handshake             alive
//   takes and hangs up       connect:delay, +1 connect, +5 handshake:error:other
//                            (EPIPE), disconnect, connect:retry ...                     hung_up
//   speaks no ZMTP           connect:delay, connect, then nothing at all                no_handshake
//
// A `close` soon after `connect:delay` is a refusal, and one after the time-out is none. Neither the
// time-out of a dialling nor that of a greeting is waited for: where a process runs both take a
// millisecond, so after `answerMs` the sight stands.
import type { DialKind, DialSight } from "#protocols/cluster/dial-sight.ts";
import { membershipLimits } from "#protocols/cluster/membership-limits.ts";

/** The monitor events that say something, by their names in zeromq.js. */
export const dialEventNames = [
  "connect:delay",
  "connect",
  "handshake",
  "handshake:error:protocol",
  "handshake:error:auth",
  "handshake:error:other",
  "disconnect",
  "close",
] as const;
export type DialEventName = (typeof dialEventNames)[number];

type Stage = "idle" | "dialling" | "greeting" | "greeted";

/** Of one address that is dialled, over all its connections and sockets. */
export class DialEvidence {
  readonly #answerMs: number;
  #stage: Stage = "idle";
  #stageMs = 0;
  #sight: DialSight | undefined;

  constructor(answerMs: number = membershipLimits.answerMs) {
    this.#answerMs = answerMs;
  }

  saw(event: DialEventName, nowMs: number): void {
    // What was overdue before counts as seen when it became so.
    this.look(nowMs);
    switch (event) {
      case "connect:delay":
        this.#enter("dialling", nowMs);
        return;
      case "connect":
        this.#enter("greeting", nowMs);
        return;
      case "handshake":
        this.#enter("greeted", nowMs);
        this.#see("alive", nowMs);
        return;
      case "handshake:error:protocol":
      case "handshake:error:auth":
        this.#see("unwelcome", nowMs);
        this.#enter("idle", nowMs);
        return;
      case "handshake:error:other":
        if (this.#isWithin("greeting", nowMs)) this.#see("hung_up", nowMs);
        this.#enter("idle", nowMs);
        return;
      case "disconnect":
        if (this.#stage === "greeted") this.#see("broken", nowMs);
        else if (this.#isWithin("greeting", nowMs)) this.#see("hung_up", nowMs);
        this.#enter("idle", nowMs);
        return;
      case "close":
        if (this.#isWithin("dialling", nowMs)) this.#see("refused", nowMs);
        this.#enter("idle", nowMs);
        return;
      default:
        event satisfies never;
    }
  }

  /** The socket was given up from here. A connection that was alive counts as broken. */
  ended(nowMs: number): void {
    this.look(nowMs);
    if (this.#stage === "greeted") this.#see("broken", nowMs);
    this.#enter("idle", nowMs);
  }

  /** What is seen by now; undefined before anything was. */
  look(nowMs: number): DialSight | undefined {
    const overdueMs = this.#stageMs + this.#answerMs;
    if (nowMs >= overdueMs && this.#stage === "dialling") this.#see("unanswered", overdueMs);
    if (nowMs >= overdueMs && this.#stage === "greeting") this.#see("no_handshake", overdueMs);
    return this.#sight;
  }

  /** An answer is awaited: `look` may find it overdue. */
  get isPending(): boolean {
    return this.#stage === "dialling" || this.#stage === "greeting";
  }

  #isWithin(stage: Stage, nowMs: number): boolean {
    return this.#stage === stage && nowMs < this.#stageMs + this.#answerMs;
  }

  #enter(stage: Stage, nowMs: number): void {
    this.#stage = stage;
    this.#stageMs = nowMs;
  }

  /** The same again is seen since the first time. */
  #see(kind: DialKind, sinceMs: number): void {
    if (this.#sight?.kind !== kind) this.#sight = { kind, sinceMs };
  }
}
