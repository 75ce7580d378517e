// The engines of one version, and the requests that wait for them. An engine is given as many as it takes,
// each time the first in rank of those that wait; so one that is started gets work at once, and one that
// leaves gets none.
//
//   run() ─▶ waits, by rank ─▶ in an engine ─▶ answered
//                ▲                 │
//                └──── its process has ended without an answer
import type { AnyRef, CallOptions, Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { priorityDefault, priorityLeast } from "#protocols/tasks/task.ts";
import type { Engine } from "../engine-actor.ts";
import type { EngineOutcome, EngineTurn, RunReply, RunRequest } from "../engine-request.ts";
import { type RankedRequest, RequestLanes, rankOf } from "../request-lanes.ts";
import { AnswerOrder } from "./answer-order.ts";
import { isolationAfter, isolationAtFirst } from "./isolation.ts";
import { type EngineKind, freest, leastNeeded, type PooledEngine } from "./pooled-engine.ts";

export interface PoolPorts {
  now(): number;
  start(kind: EngineKind, number: number): Ref<Engine>;
  stop(engine: Ref<Engine>): void;
}

export interface PoolTerms {
  /** The first that came is the first that is answered, whatever its priority. */
  readonly preservesOrder: boolean;
  /** Until an engine has loaded its model, that begins anew included. */
  readonly startMsMax: number;
}

export interface PoolView {
  readonly waiting: number;
  readonly running: number;
  /** Of who waits longest; 0: nobody does. */
  readonly waitMs: number;
  /** By what they are at. */
  readonly engines: { readonly starting: number; readonly ready: number; readonly leaving: number };
}

/** Of the message that asked, which is long over when an engine has its request. */
export type Asked = Pick<CallOptions, "trace"> & { readonly signal: AbortSignal };

interface Turn extends RankedRequest {
  readonly begin: (engine: PooledEngine) => void;
  readonly leave: () => void;
}

/** Requests that wait for the engines of one version. Full: `queue_full`. */
export const requestsWaitingMax = 256;

/**
 * Processes that may end before a request is done: as many as may be lost within a minute. More: it
 * fails with `unavailable`.
 */
const anewMax = 20;

export class EnginePool {
  readonly #ports: PoolPorts;
  readonly #terms: PoolTerms;
  readonly #lanes = new RequestLanes<Turn>();
  #engines: readonly PooledEngine[] = [];
  #started = 0;
  #refusals = 0;
  readonly #order = new AnswerOrder();
  #end: Failure | undefined;

  constructor(terms: PoolTerms, ports: PoolPorts) {
    this.#terms = terms;
    this.#ports = ports;
  }

  /** How often nothing more could wait. */
  get refusals(): number {
    return this.#refusals;
  }

  get view(): PoolView {
    const countOf = (phase: PooledEngine["phase"]): number =>
      this.#engines.filter((engine) => engine.phase === phase).length;
    const oldestMs = this.#lanes.oldestMs;
    return {
      waiting: this.#lanes.count,
      running: this.#engines.reduce((sum, { running }) => sum + running.size, 0),
      waitMs: oldestMs === undefined ? 0 : this.#ports.now() - oldestMs,
      engines: {
        starting: countOf("starting"),
        ready: countOf("ready"),
        leaving: countOf("leaving"),
      },
    };
  }

  /** One that leaves is taken back rather than a new one started. */
  grow(kind: EngineKind): Ref<Engine> {
    const leaving = this.#engines.find(({ phase }) => phase === "leaving");
    if (leaving) {
      leaving.phase = "ready";
      this.#pump();
      return leaving.ref;
    }
    this.#started += 1;
    const ref = this.#ports.start(kind, this.#started);
    const engine: PooledEngine = {
      ...{ ref, kind, phase: "starting" as const, takesMax: 1 },
      ...{ running: new Set<unknown>(), isForsaken: false },
    };
    this.#engines = [...this.#engines, engine];
    this.#openWhenReady(engine);
    return ref;
  }

  /** One of those that are ready gets nothing more, and is stopped when it has answered what it has. False: none is. */
  shrink(): boolean {
    const spared = leastNeeded(this.#engines);
    if (!spared) return false;
    spared.phase = "leaving";
    this.#released(spared);
    return true;
  }

  /** It has ended: what it had goes to the others. False: it was to end. */
  lost(ref: AnyRef): boolean {
    const text = ref.$.toString();
    const engine = this.#engines.find((one) => one.ref.$.toString() === text);
    if (engine) this.#remove(engine);
    return engine !== undefined;
  }

  /** No engine comes any more: who waits for one, and who would wait for the next, fails with that. */
  end(why: Failure): void {
    this.#end = why;
    for (let turn = this.#lanes.take(); turn; turn = this.#lanes.take()) turn.leave();
  }

  /**
   * Fails as `EngineProcess.run`, and with `queue_full` when too many wait. `cancelled` comes at once,
   * wherever it is.
   */
  run(request: RunRequest, asked: Asked): Promise<RunReply> {
    if (this.#lanes.count >= requestsWaitingMax) {
      this.#refusals += 1;
      const text = `${requestsWaitingMax} requests wait for the model already: wait for an answer`;
      return Promise.reject(new Failure("queue_full", text));
    }
    const reply = this.#answeredBy(request, asked);
    return this.#terms.preservesOrder ? this.#order.keep(reply) : reply;
  }

  /**
   * What an engine did not begin, or ended with, waits for the next one, in its old place; what may have
   * been the cause of the end is run there when nothing else is.
   */
  async #answeredBy(request: RunRequest, asked: Asked): Promise<RunReply> {
    const arrivedMs = this.#ports.now();
    const priority = this.#terms.preservesOrder ? 0 : (request.priority ?? priorityDefault);
    let place = { rank: rankOf(arrivedMs, priority), arrivedMs };
    let isolation = isolationAtFirst(request);
    for (let left = anewMax; ; left--) {
      const { engine, turn } = await this.#turn(place, asked.signal);
      const timed = { ...request, ...this.#timeLeft(request, arrivedMs) };
      const sent = { ...timed, ...isolation };
      const outcome = await this.#attempt(engine, { turn, sent, asked });
      if (outcome.kind === "done") return outcome.reply;
      const isSuspected = outcome.kind === "suspected";
      if (left === 0) {
        const code = isSuspected ? "engine_lost" : "unavailable";
        throw new Failure(code, `${anewMax} processes ended before it was done: ${outcome.detail}`);
      }
      if (isSuspected) isolation = isolationAfter(isolation, outcome);
      if (isolation.isAside) place = { rank: rankOf(this.#ports.now(), priorityLeast), arrivedMs };
    }
  }

  /** When it is this one's turn: it counts as running there from then on. */
  #turn(
    place: RankedRequest,
    signal: AbortSignal,
  ): Promise<{ readonly engine: PooledEngine; readonly turn: Turn }> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#lanes.leave(turn);
        const text = "the request was withdrawn before an engine had it";
        reject(this.#end ?? new Failure("cancelled", text));
      };
      const begin = (engine: PooledEngine): void => {
        signal.removeEventListener("abort", leave);
        engine.running.add(turn);
        resolve({ engine, turn });
      };
      const turn: Turn = { ...place, begin, leave };
      if (signal.aborted || this.#end) {
        leave();
        return;
      }
      signal.addEventListener("abort", leave, { once: true });
      this.#lanes.add(turn);
      this.#pump();
    });
  }

  async #attempt(
    engine: PooledEngine,
    {
      turn,
      sent,
      asked,
    }: { readonly turn: Turn; readonly sent: EngineTurn; readonly asked: Asked },
  ): Promise<EngineOutcome> {
    try {
      const outcome = await engine.ref.$.with(asked).run(sent);
      engine.isForsaken = false;
      if (outcome.kind !== "done" && engine.phase === "ready") this.#openWhenReady(engine);
      return outcome;
    } catch (cause) {
      const failure = Failure.of(cause);
      engine.isForsaken = failure.code === "cancelled";
      if (engine.kind === "kept" || failure.code !== "actor_stopped") throw failure;
      // It has ended for good, and another one has to say whether by this.
      this.#remove(engine);
      return { kind: "suspected", detail: failure.detail };
    } finally {
      engine.running.delete(turn);
      this.#released(engine);
    }
  }

  #timeLeft({ withinMs }: RunRequest, arrivedMs: number): Pick<RunRequest, "withinMs"> {
    if (withinMs === undefined) return {};
    return { withinMs: Math.max(0, withinMs - (this.#ports.now() - arrivedMs)) };
  }

  /**
   * It answers what it is asked when it has started, or begun anew; asked a turn later, on behalf of no
   * request: all wait for it, also when the one that had it started does not any more.
   */
  #openWhenReady(engine: PooledEngine): void {
    engine.phase = "starting";
    const within = { within: this.#terms.startMsMax };
    const about = Promise.resolve().then(() => engine.ref.$.with(within).about());
    about.then(
      ({ requestsMax }) => {
        engine.takesMax = requestsMax;
        if (engine.phase !== "starting") return;
        engine.phase = "ready";
        this.#pump();
      },
      (cause: unknown) => {
        // That it has ended is told otherwise: to its supervisor, or by `lost`.
        const isLate = Failure.of(cause).code === "timeout" && engine.phase === "starting";
        if (isLate) this.#openWhenReady(engine);
      },
    );
  }

  #pump(): void {
    while (this.#lanes.count > 0) {
      const engine = freest(this.#engines);
      if (!engine) return;
      this.#lanes.take()?.begin(engine);
    }
  }

  #released(engine: PooledEngine): void {
    if (engine.phase === "leaving" && engine.running.size === 0) {
      this.#remove(engine);
      this.#ports.stop(engine.ref);
    }
    this.#pump();
  }

  #remove(engine: PooledEngine): void {
    engine.phase = "gone";
    this.#engines = this.#engines.filter((one) => one !== engine);
  }
}
