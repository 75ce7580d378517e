// A supervisor that is nothing else: starts the children it is told in order, each after the one
// before it is ready, and leaves the rest to its supervision. A supervision tree is made of these.
//
// A child that cannot start is tried again within the supervisor's bounds; then the supervisor's own
// start has failed. One that ends instead of starting fails it at once.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ActorClass, LifeTerms, SpawnOptions } from "#runtime/core/actor-class.ts";
import type { RestartKind, SupervisionSpec } from "#runtime/core/supervision.ts";

/** One child of a tree: an actor, or a supervisor with children of its own; by default permanent. */
export type TreeChild =
  | (LifeTerms & {
      readonly kind: "actor";
      readonly name: string;
      readonly type: ActorClass;
      readonly args: unknown;
    })
  | (LifeTerms & {
      readonly kind: "supervisor";
      readonly name: string;
      readonly supervise: SupervisionSpec;
      readonly children: readonly TreeChild[];
    });

// biome-ignore lint/complexity/noBannedTypes: a supervisor understands no message.
const Supervision = protocol<{}>("troupe.Supervisor@1", {});

export class Supervisor extends Actor<unknown, { readonly children: readonly TreeChild[] }> {
  static readonly protocol = Supervision;
  /** Each child's own start is bounded. */
  static readonly startTimeoutMs = Number.POSITIVE_INFINITY;
  static initial = (args: { readonly children: readonly TreeChild[] }) => args;

  override async start(): Promise<void> {
    for (const child of this.state.children) await this.ctx.started(this.#spawn(child));
  }

  #spawn(child: TreeChild): AnyRef {
    if (child.kind === "actor") {
      return this.ctx.spawnAs(child.type, child.args, optionsOf(child, child.type.restart));
    }
    const { children, supervise } = child;
    return this.ctx.spawn(Supervisor, { children }, { ...optionsOf(child), supervise });
  }
}

/** What the child says itself, and a name; what it does not say is left to its class. */
function optionsOf(
  { name, restart, startTimeoutMs, stopTimeoutMs }: TreeChild,
  ofClass?: RestartKind,
): SpawnOptions {
  return {
    name,
    restart: restart ?? ofClass ?? "permanent",
    ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }),
    ...(stopTimeoutMs === undefined ? {} : { stopTimeoutMs }),
  };
}
