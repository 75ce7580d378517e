// One version of a model that is loaded: its engines, each with a process of its own, and what came of
// the requests to it. It is ready when its first engines are warm; it ends, with the reason, when one of
// these cannot be loaded or ends too often. Further ones come and go with the load.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, ask, type Deferred, type Handlers, protocol } from "#protocols/protocol.ts";
import type { VersionStatistics } from "#protocols/tasks/model-repository.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ActorClass } from "#runtime/core/actor-class.ts";
import type { SupervisionSpec } from "#runtime/core/supervision.ts";
import type { Engine } from "../engine-actor.ts";
import type { RunReply, RunRequest } from "../engine-request.ts";
import type { EngineSpec } from "../engine-spec.ts";
import type { NetworkPorts } from "./declared-ports.ts";
import type { ModelSettings } from "./model-settings.ts";
import type { EngineKind } from "./pooled-engine.ts";
import { RunTally } from "./run-tally.ts";
import type { ScaleBook, ScaledVersion } from "./scale-book.ts";
import { ScaledEngines } from "./scaled-engines.ts";

/** What its first engines told of it when they were warm; each has the same network. */
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
  /** Answered when its first engines are warm. */
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
  readonly settings: Pick<ModelSettings, "instances" | "scaling" | "preservesOrder">;
  readonly engine: Omit<EngineSpec, "models">;
  readonly engineClass: EngineClass;
  /** Asks for what so many engines need, or gives back what fewer leave; why not, if it is not granted. */
  readonly room: (engines: number) => string | undefined;
  /** Shown how many there are. Default: nobody is. */
  readonly scales?: ScaleBook;
}

interface Own {
  look(): void;
}

const factsNone: VersionFacts = {
  ...{ platform: "", device: "", notes: [], warmRuns: [] },
  ...{ inputs: [], outputs: [] },
};

/**
 * One that never was ready ends its version, with the reason: whether that is loaded anew is for the
 * repository to say.
 */
const supervise: SupervisionSpec = {
  strategy: "one-for-one",
  restartsMax: 20,
  withinMs: 60_000,
  backoff: { delayMsMin: 50, delayMsMax: 2_000, factor: 2, jitter: 0.2 },
  decide: (failure, { during, restarts, restartKind }) => {
    // Whether there is another one is for the load to say.
    if (restartKind === "temporary") return "stop";
    const isUnfit = during === "start" && (restarts === 0 || failure.code === "model_failed");
    return isUnfit ? "escalate" : "restart";
  },
};

export class ServedVersionActor
  extends Actor<ServedVersion, ServedTerms, Own>
  implements Handlers<ServedVersion & Own>
{
  static readonly protocol = ServedVersion;
  static readonly supervise = supervise;
  static initial = (terms: ServedTerms): ServedTerms => terms;

  readonly #tally = new RunTally();
  readonly #idle = new Set<() => void>();
  #engines: ScaledEngines | undefined;
  #shown: ScaledVersion | undefined;
  #facts: VersionFacts = factsNone;
  #warm: Promise<VersionFacts> = Promise.resolve(factsNone);

  /** Waits for nobody: when an engine cannot be loaded, nothing of this actor is in progress. */
  override start(): void {
    const { ctx } = this;
    const { name, version, settings, engine, room, scales } = this.state;
    const terms = { ...settings, startMsMax: 2 * engine.startTimeoutMs };
    const engines = new ScaledEngines(terms, {
      now: () => ctx.now(),
      start: (kind, number) => this.#start(kind, number),
      stop: (ref) => ctx.stop(ref),
      room,
      tell: (text) => ctx.log("info", text, { model: name, version }),
    });
    this.#engines = engines;
    const refusals = (): number => engines.refusals;
    this.#shown = { name, version, scale: () => engines.scale, refusals };
    scales?.enter(this.#shown);
    this.#warm = this.#warmedUp(engines.open());
    // Whoever waits for it is told; that it is not, by the end of this actor.
    this.#warm.catch(() => undefined);
    if (engines.lookEveryMs !== null) ctx.every(engines.lookEveryMs, "look");
  }

  /** Its engines have ended; an answer that is put off does not end with an actor by itself. */
  override stopped(): void {
    const { name, version } = this.state;
    const text = `version ${version} of ${name} has ended before an engine had the request`;
    this.#engines?.end(new Failure("unavailable", text));
    if (this.#shown) this.state.scales?.leave(this.#shown);
  }

  look(): void {
    this.#running.look();
  }

  override terminated(ref: AnyRef, exit: Exit): void {
    this.#running.ended(ref, exit.kind === "crashed" ? exit.failure.detail : undefined);
  }

  warm(): Deferred<VersionFacts> {
    return this.ctx.defer(this.#warm);
  }

  run(request: RunRequest): Deferred<RunReply> {
    const startedAt = this.ctx.now();
    this.#tally.begun();
    const { signal, trace } = this.ctx;
    const reply = this.#running.run(request, trace ? { signal, trace } : { signal });
    return this.ctx.defer(this.#watched(reply, startedAt));
  }

  drain(): Deferred<Ack> {
    if (this.#tally.inProgress === 0) return this.ctx.defer(Promise.resolve(ack));
    const idle = new Promise<void>((resolve) => this.#idle.add(resolve));
    return this.ctx.defer(idle.then(() => ack));
  }

  statistics(): VersionStatistics {
    const { name, version } = this.state;
    const { device, warmRuns } = this.#facts;
    const engines = this.#running.scale;
    return { name, version, device, warmRuns, ...this.#tally.show(), engines };
  }

  async #warmedUp(engines: readonly Ref<Engine>[]): Promise<VersionFacts> {
    await Promise.all(engines.map((engine) => this.ctx.started(engine)));
    const all = await Promise.all(engines.map((engine) => engine.about()));
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

  #start(kind: EngineKind, number: number): Ref<Engine> {
    const { name, folder, version, manifest, engine, engineClass } = this.state;
    const sealed = manifest === null ? {} : { manifest };
    const spec = { ...engine, models: [{ name, folder, version, ...sealed }] };
    const restart = kind === "kept" ? "permanent" : "temporary";
    const ref = this.ctx.spawn(engineClass, spec, { name: `engine-${number}`, restart });
    this.ctx.watch(ref);
    return ref;
  }

  get #running(): ScaledEngines {
    if (this.#engines) return this.#engines;
    throw new Failure("internal", "messages are handled after start, so there are engines");
  }

  async #watched(reply: Promise<RunReply>, startedAt: number): Promise<RunReply> {
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
      if (this.#tally.inProgress === 0) this.#tellIdle();
    }
  }

  #tellIdle(): void {
    for (const tell of this.#idle) tell();
    this.#idle.clear();
  }
}
