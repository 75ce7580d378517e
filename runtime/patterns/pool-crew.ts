// The workers of a pool: how many there are, who is to go, who replaces whom.
//
// A worker that crashes is restarted by supervision, under the same ref and with its mailbox. One
// that ends is replaced after a pause; ends count like failures, and too many of them are the
// pool's own failure. A worker that is to go gets nothing new and is stopped when it has nothing left
// to answer, nothing in hand, and nothing waits for it.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Failure } from "#protocols/failure.ts";
import type { ActorClass, SpawnOptions } from "#runtime/core/actor-class.ts";
import { backoffDelay } from "#runtime/core/backoff.ts";
import type { LogLevel } from "#runtime/core/ports.ts";
import { RestartWindow } from "#runtime/core/restart-window.ts";
import type { SupervisionSpec } from "#runtime/core/supervision.ts";
import { nextSize, type PoolSizing } from "./pool-size.ts";
import type { Routee, Routees } from "./routees.ts";

export interface CrewTerms {
  readonly type: ActorClass;
  readonly sizing: PoolSizing;
  readonly supervise: SupervisionSpec;
}

/** What the crew needs of its pool's context. */
interface CrewContext {
  readonly path: string;
  spawnAs(type: ActorClass, args: unknown, options?: SpawnOptions): AnyRef;
  stop(child: AnyRef): void;
  watch(ref: AnyRef): void;
  now(): number;
  random(): number;
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export class PoolCrew<P> {
  readonly #terms: CrewTerms;
  readonly #workers: Routees<P>;
  readonly #leaving = new Set<Routee>();
  readonly #ends: RestartWindow;
  #wanted: number;
  #calm = 0;

  /** Those who get messages are kept in `workers`. */
  constructor(terms: CrewTerms, workers: Routees<P>) {
    this.#terms = terms;
    this.#workers = workers;
    this.#ends = new RestartWindow(terms.supervise);
    this.#wanted = terms.sizing.min;
  }

  /** Spawns the workers that are missing. */
  fill(ctx: CrewContext, args: unknown): void {
    while (this.#workers.all.length < this.#wanted) {
      const paths = [...this.#workers.all, ...this.#leaving].map(({ ref }) => ref.$.address.path);
      const name = freeName(ctx.path, new Set(paths));
      const worker = ctx.spawnAs(this.#terms.type, args, { name });
      this.#workers.add(worker);
      ctx.watch(worker);
    }
  }

  /** Looks at the load, and stops those that are to go and have nothing left. */
  resize(ctx: CrewContext, args: unknown): void {
    const { load } = this.#workers;
    const look = { workers: this.#wanted, load, calm: this.#calm };
    const { workers, calm } = nextSize(this.#terms.sizing, look);
    this.#calm = calm;
    if (workers !== this.#wanted) {
      ctx.log("info", `${workers} workers instead of ${this.#wanted}`, { load });
      this.#wanted = workers;
      while (this.#workers.all.length > workers) this.#dismissLast();
      this.fill(ctx, args);
    }
    for (const { ref, load: left } of this.#leaving) if (left === 0) ctx.stop(ref);
  }

  /**
   * A child has ended. Answers in how many milliseconds to `fill`, undefined when nobody is missed;
   * throws when too many have ended.
   */
  ended(ctx: CrewContext, ref: AnyRef, exit: Exit): number | undefined {
    for (const routee of this.#leaving) {
      if (routee.ref.$.address.uid === ref.$.address.uid) this.#leaving.delete(routee);
    }
    if (!this.#workers.remove(ref)) return undefined;
    const { supervise } = this.#terms;
    if (!this.#ends.record(ctx.now())) throw tooManyEnds(supervise, exit);
    const delayMs = backoffDelay(supervise.backoff, this.#ends.count, ctx.random());
    ctx.log("warn", `${ref.$.toString()} has ended; another follows`, { delayMs, exit });
    return delayMs;
  }

  // The last one, so that the keys of the others stay where they are.
  #dismissLast(): void {
    const last = this.#workers.all.at(-1);
    const gone = last && this.#workers.remove(last.ref);
    if (gone) this.#leaving.add(gone);
  }
}

// The lowest free number: who replaces a worker has its name, and so its keys.
function freeName(path: string, taken: ReadonlySet<string>): string {
  let slot = 1;
  while (taken.has(`${path}/worker-${slot}`)) slot += 1;
  return `worker-${slot}`;
}

function tooManyEnds({ restartsMax, withinMs }: SupervisionSpec, exit: Exit): Failure {
  const why = exit.kind === "crashed" ? exit.failure.detail : exit.kind;
  const text = `more than ${restartsMax} workers ended in ${withinMs} ms, at last: ${why}`;
  return new Failure("unavailable", text);
}
