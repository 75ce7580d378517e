// The engines of one version, as many as its load asks for: does what the scaling decides, as far as there is
// room, and remembers why.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import type { Failure } from "#protocols/failure.ts";
import type { EngineScale } from "#protocols/tasks/model-repository.ts";
import { LoadScaling, type ScalingStep } from "#runtime/tasks/load-scaling.ts";
import type { Engine } from "../engine-actor.ts";
import type { RunReply, RunRequest } from "../engine-request.ts";
import { type Asked, EnginePool, type PoolPorts, type PoolTerms } from "./engine-pool.ts";
import type { ModelSettings } from "./model-settings.ts";

export type EnginesTerms = Pick<ModelSettings, "instances" | "scaling" | "preservesOrder"> &
  PoolTerms;

export interface EnginesPorts extends Omit<PoolPorts, "changed"> {
  /** Why so many are too many; what is asked for last is what there is. */
  room(engines: number): string | undefined;
  /** A change, with its reason. */
  tell(text: string): void;
}

/** Until a further engine is tried again for which there was no room, or that ended by itself. */
const againMs = 30_000;
/** How often within the time after which there may be more of them. */
const looksWithin = 5;
const lookMsMax = 1_000;
const lookMsMin = 20;

export class ScaledEngines {
  readonly #terms: EnginesTerms;
  readonly #ports: EnginesPorts;
  readonly #pool: EnginePool;
  readonly #scaling: LoadScaling | undefined;
  /** Those that were started and have not ended, whatever they are at. */
  readonly #alive = new Set<string>();
  #ups = 0;
  #downs = 0;
  #lastChange: string | null = null;

  constructor(terms: EnginesTerms, ports: EnginesPorts) {
    this.#terms = terms;
    this.#ports = ports;
    this.#pool = new EnginePool(terms, {
      now: ports.now,
      start: (kind, number) => {
        const ref = ports.start(kind, number);
        this.#alive.add(ref.$.toString());
        return ref;
      },
      stop: ports.stop,
    });
    const { scaling } = terms;
    if (scaling) this.#scaling = new LoadScaling(scaling, ports.now());
  }

  /** Null: there are always as many. */
  get lookEveryMs(): number | null {
    const { scaling } = this.#terms;
    if (!scaling) return null;
    return Math.max(lookMsMin, Math.min(lookMsMax, Math.floor(scaling.upAfterMs / looksWithin)));
  }

  /** The first ones. */
  open(): readonly Ref<Engine>[] {
    return Array.from({ length: this.#terms.instances }, () => this.#pool.grow("kept"));
  }

  run(request: RunRequest, asked: Asked): Promise<RunReply> {
    const reply = this.#pool.run(request, asked);
    const { waiting, running, engines } = this.#pool.view;
    this.#scaling?.saw({ nowMs: this.#ports.now(), waiting, running });
    // Whoever comes when there is none need not wait for the next look.
    if (engines.starting + engines.ready === 0) this.look();
    return reply;
  }

  look(): void {
    const { waiting, running, waitMs, engines } = this.#pool.view;
    const { starting } = engines;
    const view = { nowMs: this.#ports.now(), waiting, running, waitMs, starting };
    const step = this.#scaling?.look({ ...view, standing: starting + engines.ready });
    if (step?.kind === "up") this.#grow(step, starting + engines.ready);
    if (step?.kind === "down") this.#shrink(step, engines);
  }

  /** `why`: it ended by itself. */
  ended(ref: AnyRef, why: string | undefined): void {
    this.#alive.delete(ref.$.toString());
    const wasThere = this.#pool.lost(ref);
    this.#ports.room(this.#alive.size);
    if (!wasThere) return;
    this.#pauseFor(why ?? "an engine has ended");
  }

  /** No engine comes any more: who waits fails with that. */
  end(why: Failure): void {
    this.#pool.end(why);
  }

  /** How often nothing more could wait. */
  get refusals(): number {
    return this.#pool.refusals;
  }

  get scale(): EngineScale {
    const { waiting, engines } = this.#pool.view;
    const { instances, scaling } = this.#terms;
    const bounds = { min: scaling?.min ?? instances, max: scaling?.max ?? instances };
    const wanted = this.#scaling?.wanted ?? instances;
    const changes = { ups: this.#ups, downs: this.#downs, lastChange: this.#lastChange };
    return { ...bounds, wanted, ...engines, waiting, ...changes };
  }

  #grow({ standing: engines, reason }: ScalingStep, former: number): void {
    const kept = this.#terms.instances;
    let count = former;
    for (; count < engines; count++) {
      // One that leaves has its room still.
      const more = this.#alive.size < count + 1 ? this.#alive.size + 1 : this.#alive.size;
      const refusal = this.#ports.room(more);
      if (refusal !== undefined) {
        this.#pauseFor(refusal);
        break;
      }
      this.#pool.grow(count < kept ? "kept" : "spare");
    }
    if (count === former) return;
    this.#ups += 1;
    this.#changed(`${former} engines become ${count}: ${reason}`);
  }

  /** One after the other: the next when this one has ended. */
  #shrink(
    { standing: engines, reason }: ScalingStep,
    { leaving }: { readonly leaving: number },
  ): void {
    if (leaving > 0 || !this.#pool.shrink()) return;
    this.#downs += 1;
    this.#changed(`${engines + 1} engines become ${engines}: ${reason}`);
  }

  #pauseFor(why: string): void {
    this.#scaling?.pause(this.#ports.now() + againMs);
    this.#changed(`no further engine for ${againMs / 1_000} s: ${why}`);
  }

  #changed(text: string): void {
    this.#lastChange = text;
    this.#ports.tell(text);
  }
}
