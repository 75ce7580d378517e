// A supervisor that is nothing else: starts the children it is told in order, each after the one
// before it is ready, and leaves the rest to its supervision. A supervision tree is made of these.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { protocol } from "#protocols/protocol.ts";
import { Actor } from "#runtime/core/actor.ts";
import type { ActorClass } from "#runtime/core/actor-class.ts";
import type { SupervisionSpec } from "#runtime/core/supervision.ts";

/** One child of a tree: an actor, or a supervisor with children of its own. */
export type TreeChild =
  | {
      readonly kind: "actor";
      readonly name: string;
      readonly type: ActorClass;
      readonly args: unknown;
    }
  | {
      readonly kind: "supervisor";
      readonly name: string;
      readonly supervise: SupervisionSpec;
      readonly children: readonly TreeChild[];
    };

// biome-ignore lint/complexity/noBannedTypes: a supervisor understands no message.
const Supervision = protocol<{}>("troupe.Supervisor@1", {});

export class Supervisor extends Actor<unknown, { readonly children: readonly TreeChild[] }> {
  static readonly protocol = Supervision;
  static initial = (args: { readonly children: readonly TreeChild[] }) => args;

  override async start(): Promise<void> {
    for (const child of this.state.children) await this.ctx.started(this.#spawn(child));
  }

  #spawn(child: TreeChild): AnyRef {
    const { name } = child;
    if (child.kind === "actor") return this.ctx.spawnAs(child.type, child.args, { name });
    const { children, supervise } = child;
    return this.ctx.spawn(Supervisor, { children }, { name, supervise });
  }
}
