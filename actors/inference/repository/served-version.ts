// One version of a model that is loaded: its engines, each with a process of its own, and what came of
// the requests to it. It is ready when every engine is warm; it ends, with the reason, when one cannot be
// loaded or ends too often.
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, ask, type Deferred, type Handlers, protocol } from "#protocols/protocol.ts";
import type { VersionStatistics } from "#protocols/tasks/model-repository.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ActorClass } from "#runtime/core/actor-class.ts";
import type { SupervisionSpec } from "#runtime/core/supervision.ts";
import type { Engine } from "../engine-actor.ts";
import type { EngineTurn, RunReply, RunRequest } from "../engine-request.ts";
import type { EngineSpec } from "../engine-spec.ts";
import type { NetworkPorts } from "./declared-ports.ts";
import { RunTally } from "./run-tally.ts";

/** What its engines told of it when they were warm; each has the same network. */
export interface VersionFacts extends NetworkPorts {
  /** What runs it, as the Open Inference Protocol names it. */
  readonly platform: string;
  readonly device: string;
  readonly notes: readonly string[];
  readonly warmRuns: VersionStatistics["warmRuns"];
}

/** Spoken only between a repository and what it has loaded, on the same node. */
export interface ServedVersion {
  /** Fails as `EngineProcess.run`. */
  run(request: RunRequest): RunReply;
  /** Answered when every engine is warm. */
  warm(): VersionFacts;
  /** Answered when nothing is in progress any more: nothing more may be sent then. */
  drain(): Ack;
  statistics(): VersionStatistics;
}
export const ServedVersion = protocol<ServedVersion>("inference.ServedVersion@1", {
  run: ask({ within: 600_000 }),
  warm: ask({ within: 600_000 }),
  drain: ask({ within: 600_000 }),
  statistics: ask,
});

/** What runs a model: a process, or in a simulation a script. */
export interface EngineClass extends ActorClass {
  readonly protocol: typeof Engine;
  initial(spec: EngineSpec): unknown;
}

export interface ServedTerms {
  readonly name: string;
  readonly version: number;
  readonly folder: string;
  /** Of its files, as they were compared with its manifest; null: it has none. */
  readonly manifest: string | null;
  /** Engines, 1 to 8. */
  readonly instances: number;
  readonly engine: Omit<EngineSpec, "models">;
  readonly engineClass: EngineClass;
}

interface Instance {
  readonly engine: Ref<Engine>;
  inProgress: number;
}

const factsNone: VersionFacts = {
  ...{ platform: "", device: "", notes: [], warmRuns: [] },
  ...{ inputs: [], outputs: [] },
};

/**
 * Processes that may end before a request is done: as many as may be lost within a minute. More: it
 * fails with `unavailable`.
 */
const anewMax = 20;

/** One that never was ready is not tried again: its reason is what is to be told. */
const supervise: SupervisionSpec = {
  strategy: "one-for-one",
  restartsMax: 20,
  withinMs: 60_000,
  backoff: { delayMsMin: 50, delayMsMax: 2_000, factor: 2, jitter: 0.2 },
  decide: (failure, { during, restarts }) =>
    during === "start" && (restarts === 0 || failure.code === "model_failed")
      ? "escalate"
      : "restart",
};

export class ServedVersionActor
  extends Actor<ServedVersion, ServedTerms>
  implements Handlers<ServedVersion>
{
  static readonly protocol = ServedVersion;
  static readonly supervise = supervise;
  static initial = (terms: ServedTerms): ServedTerms => terms;

  readonly #tally = new RunTally();
  readonly #idle = new Set<() => void>();
  #instances: readonly Instance[] = [];
  #facts: VersionFacts = factsNone;
  #warm: Promise<VersionFacts> = Promise.resolve(factsNone);

  /** Waits for nobody: when an engine cannot be loaded, nothing of this actor is in progress. */
  override start(): void {
    const { name, folder, version, manifest, instances, engine, engineClass } = this.state;
    const sealed = manifest === null ? {} : { manifest };
    const spec = { ...engine, models: [{ name, folder, version, ...sealed }] };
    this.#instances = Array.from({ length: instances }, (_, index) => ({
      engine: this.ctx.spawn(engineClass, spec, { name: `engine-${index + 1}` }),
      inProgress: 0,
    }));
    this.#warm = this.#warmedUp();
    // Whoever waits for it is told; that it is not, by the end of this actor.
    this.#warm.catch(() => undefined);
  }

  warm(): Deferred<VersionFacts> {
    return this.ctx.defer(this.#warm);
  }

  run(request: RunRequest): Deferred<RunReply> {
    const instance = this.#instances.reduce((least, other) =>
      other.inProgress < least.inProgress ? other : least,
    );
    const startedAt = this.ctx.now();
    instance.inProgress += 1;
    this.#tally.begun();
    const engine = instance.engine.$.with({ signal: this.ctx.signal });
    const reply = answered(engine, request, () => this.ctx.now());
    return this.ctx.defer(this.#watched(reply, { instance, startedAt }));
  }

  drain(): Deferred<Ack> {
    if (this.#tally.inProgress === 0) return this.ctx.defer(Promise.resolve(ack));
    const idle = new Promise<void>((resolve) => this.#idle.add(resolve));
    return this.ctx.defer(idle.then(() => ack));
  }

  statistics(): VersionStatistics {
    const { name, version } = this.state;
    const { device, warmRuns } = this.#facts;
    return { name, version, device, warmRuns, ...this.#tally.show() };
  }

  async #warmedUp(): Promise<VersionFacts> {
    await Promise.all(this.#instances.map(({ engine }) => this.ctx.started(engine)));
    const all = await Promise.all(this.#instances.map(({ engine }) => engine.about()));
    const models = all.flatMap(({ models }) => models);
    const [first] = models;
    if (!first) return factsNone;
    const { platform, inputs, outputs, warmRuns } = first;
    // One engine may have got the graphics processor, and the next one not.
    const device = [...new Set(models.map((model) => model.device))].join("+");
    const notes = [...new Set(models.flatMap((model) => model.notes))];
    this.#facts = { platform, device, notes, warmRuns, inputs, outputs };
    return this.#facts;
  }

  async #watched(
    reply: Promise<RunReply>,
    { instance, startedAt }: { readonly instance: Instance; readonly startedAt: number },
  ): Promise<RunReply> {
    try {
      const done = await reply;
      const totalMs = this.ctx.now() - startedAt;
      this.#tally.succeeded(done.times, { totalMs, at: this.ctx.wall() });
      return done;
    } catch (cause) {
      const failure = Failure.of(cause);
      this.#tally.failed(failure, this.ctx.now() - startedAt);
      throw failure;
    } finally {
      instance.inProgress -= 1;
      if (this.#tally.inProgress === 0) this.#tellIdle();
    }
  }

  #tellIdle(): void {
    for (const tell of this.#idle) tell();
    this.#idle.clear();
  }
}

/**
 * What an engine did not begin, or ended with, goes to the process that takes its place, which it waits
 * for; what may have been the cause of the end is run there when nothing else is.
 */
async function answered(
  engine: Ref<Engine>,
  request: RunRequest,
  now: () => number,
): Promise<RunReply> {
  const startedAt = now();
  let turn: EngineTurn = request;
  for (let left = anewMax; ; left--) {
    const outcome = await engine.run(turn);
    if (outcome.kind === "done") return outcome.reply;
    const isSuspected = outcome.kind === "suspected";
    if (left === 0) {
      const code = isSuspected ? "engine_lost" : "unavailable";
      throw new Failure(code, `${anewMax} processes ended before it was done: ${outcome.detail}`);
    }
    turn = { ...turn, ...timeLeft(request, now() - startedAt) };
    if (isSuspected) turn = { ...turn, isAlone: true };
  }
}

const timeLeft = ({ withinMs }: RunRequest, passedMs: number): Pick<RunRequest, "withinMs"> =>
  withinMs === undefined ? {} : { withinMs: Math.max(0, withinMs - passedMs) };
