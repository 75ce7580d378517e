// What one instance of a threaded actor's proxy does: begins a thread, passes messages on while it has
// room, fails when it fails, ends it.
//
//   down ──begin──► up ──the actor fails──► standing ──the supervisor resumes──► up
//     ▲              │                          │
//     └──thread gone─┴── restart: a new instance, a new thread; resume: a new thread in this one
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Address } from "#protocols/address.ts";
import type { Failure } from "#protocols/failure.ts";
import type { ActorClass, LifeTimes } from "#runtime/core/actor-class.ts";
import { protocolsOf } from "#runtime/core/actor-protocols.ts";
import type { Cell } from "#runtime/core/cell.ts";
import { cellOf } from "#runtime/core/cell-of.ts";
import type { Context } from "#runtime/core/context.ts";
import type { ThreadDoor } from "./thread-door.ts";
import type { ClassPlace } from "./threaded-class.ts";
import { type RunningThread, type Threads, threadsKey } from "./threads.ts";

/** What the proxy sends itself. */
export interface ProxyMessages {
  /** Handled only when the supervisor has let the instance go on. */
  goOnAfterFailure(): void;
}

export interface ProxyTerms {
  readonly type: ActorClass;
  readonly place: ClassPlace;
  readonly args: unknown;
  readonly window: number;
  readonly blockedMsMax: number;
  readonly heapMbMax?: number;
}

/**
 * Milliseconds that the actor has to end before its thread is ended: a drain, the handler in progress,
 * then `stopped`; and a little for the way.
 */
export const goodbyeMsOf = ({ stopTimeoutMs }: LifeTimes): number => 3 * stopTimeoutMs + 500;

type ProxyContext = Context<unknown, ProxyMessages>;

export class ProxyWork {
  readonly #ctx: ProxyContext;
  readonly #terms: ProxyTerms;
  readonly #threads: Threads;
  readonly #cell: Cell;
  readonly #owner: Address;
  readonly #door: ThreadDoor;
  readonly #target: AnyRef;
  #thread: RunningThread | undefined;
  #phase: "down" | "up" | "standing" = "down";
  #hasStashed = false;

  constructor(ctx: ProxyContext, terms: ProxyTerms) {
    const { type, window } = terms;
    this.#ctx = ctx;
    this.#terms = terms;
    this.#threads = ctx.use(threadsKey);
    this.#cell = cellOf(ctx.self);
    this.#owner = ctx.self.$.address;
    this.#door = this.#threads.doorOf(this.#owner, window);
    this.#target = this.#threads.targetOf(type.protocol, this.#owner, this.#door);
    for (const known of protocolsOf(type)) this.#threads.learn(known);
  }

  /** Settles when the actor has started in its thread. */
  begin(): Promise<void> {
    const { place, args, heapMbMax, blockedMsMax } = this.#terms;
    const owner = this.#owner;
    const home = this.#ctx.node;
    const { times, supervise } = this.#cell.kind;
    const door = this.#door;
    return new Promise((resolve, reject) => {
      const fail = (phase: "down" | "standing", failure: Failure, during: string): void => {
        reject(failure);
        this.#failed(phase, failure, during);
      };
      this.#thread = this.#threads.begin(
        { owner, home, door, place, args, times, supervise, heapMbMax, blockedMsMax },
        {
          started: () => {
            this.#phase = "up";
            resolve();
          },
          crashed: (failure, during) => fail("standing", failure, during),
          left: () => this.#ctx.stop(),
          gone: (failure) => fail("down", failure, "its thread"),
        },
      );
    });
  }

  async end(): Promise<void> {
    this.#phase = "down";
    const { kind, ownHousehold } = this.#cell;
    await this.#thread?.stop(ownHousehold.endsAfter, goodbyeMsOf(kind.times));
  }

  /** The supervisor has resumed: a thread that stands still goes on, a lost one is replaced. */
  goOn(): void | Promise<void> {
    if (this.#phase === "down") return this.begin();
    if (this.#phase === "up") return;
    this.#phase = "up";
    this.#thread?.resume();
  }

  handle(): unknown {
    if (this.#hasStashed) {
      this.#hasStashed = false;
      this.#ctx.unstash();
    }
    return this.#phase === "up" && this.#door.hasRoom ? this.#pass() : this.#passLater();
  }

  #pass(): unknown {
    return this.#ctx.forward(this.#target);
  }

  async #passLater(): Promise<unknown> {
    const { signal } = this.#ctx;
    try {
      await this.goOn();
      while (!this.#door.hasRoom) await this.#door.room(signal);
      return this.#pass();
    } catch (error) {
      if (!signal.aborted) throw error;
      // The instance ends: the next one handles the message first. One whose ask was withdrawn
      // meanwhile is dropped when its turn comes.
      this.#hasStashed = true;
      return this.#ctx.stash();
    }
  }

  #failed(phase: "down" | "standing", failure: Failure, during: string): void {
    const wasRunning = this.#phase !== "down";
    this.#phase = wasRunning ? phase : "down";
    if (!wasRunning) return;
    this.#cell.life.crash(failure, during);
    const { state } = this.#cell;
    if (state === "running" || state === "failed") this.#ctx.send("goOnAfterFailure");
  }
}
