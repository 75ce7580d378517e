// A router with workers of its own: children of one kind, as many as the load asks for. Whoever holds
// its ref need not know that it is not one of them.
import type { AnyRef } from "#protocols/actor-ref.ts";
import type { Exit } from "#protocols/envelope.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ActorClass, ProtocolOfClass } from "#runtime/core/actor-class.ts";
import { type SupervisionSpec, supervisionDefault } from "#runtime/core/supervision.ts";
import { PoolCrew } from "./pool-crew.ts";
import { type PoolSize, sizingOf } from "./pool-size.ts";
import { declareHandlers } from "./routed-handlers.ts";
import { Routees } from "./routees.ts";
import { checkPolicy, type RoutingPolicy } from "./routing-policy.ts";

export interface PoolOptions<P> {
  readonly size: PoolSize;
  readonly policy: RoutingPolicy<P>;
  /** For crashes of workers; its bound and its pauses hold for workers that end, too. */
  readonly supervise?: SupervisionSpec;
}

/** A class to spawn as one would a worker, with the same arguments; each worker gets them. */
export type PoolClass<T extends ActorClass> = {
  readonly protocol: T["protocol"];
  readonly supervise: SupervisionSpec;
  new (): object;
} & (T extends { readonly initial: infer I } ? { readonly initial: I } : unknown);

/** What a pool sends itself. A protocol with a method of such a name cannot be pooled. */
interface Own {
  $fill(): void;
  $resize(): void;
}

/** Declares a pool of workers. Fails with `invalid` when its sizes contradict one another. */
export function poolOf<T extends ActorClass>(
  type: T,
  options: PoolOptions<ProtocolOfClass<T>>,
): PoolClass<T> {
  checkPolicy(options.policy);
  const sizing = sizingOf(options.size);
  const supervise = options.supervise ?? supervisionDefault;

  class Pool extends Actor<unknown, unknown, Own> {
    static readonly protocol = type.protocol;
    static readonly supervise = supervise;
    static {
      declareHandlers(Pool.prototype, type.protocol, (pool, spec, args) =>
        pool.#workers.handle(pool.ctx, spec, args),
      );
    }
    readonly #workers = new Routees(options.policy, "counted");
    readonly #crew = new PoolCrew({ type, sizing, supervise }, this.#workers);

    override start(): void {
      this.$fill();
      if (sizing.max > sizing.min) this.ctx.every(sizing.checkEveryMs, "$resize");
    }

    override terminated(ref: AnyRef, exit: Exit): void {
      const pauseMs = this.#crew.ended(this.ctx, ref, exit);
      if (pauseMs !== undefined) this.ctx.after(pauseMs, "$fill");
    }

    $fill(): void {
      this.#crew.fill(this.ctx, this.state);
    }

    $resize(): void {
      this.#crew.resize(this.ctx, this.state);
    }
  }
  if (type.initial) Object.defineProperty(Pool, "initial", { value: initialLike(type.initial) });
  return typed(Pool);
}

// The engine tells by its parameters whether a class takes arguments.
const initialLike = (initial: (args: never) => unknown): unknown =>
  initial.length > 0 ? (args: unknown) => args : () => undefined;

// biome-ignore lint/suspicious/noExplicitAny: the workers' class decides the type of the pool's.
const typed = (pool: unknown): any => pool;
