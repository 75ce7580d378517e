// A router whose routees are found, not named: all actors of a protocol that are registered with the
// receptionist, on whatever node, or on those of a role. Who ends leaves, and who lives on a node that
// is suspected is passed over until that node is trusted again.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";
import type { Protocol } from "#protocols/protocol.ts";
import { memberTopic } from "#runtime/cluster/membership/member.ts";
import type { Receptionist } from "#runtime/cluster/names/receptionist.ts";
import { Actor } from "#runtime/core/actor.ts";
import { type RouterOptions, routeesMax } from "#runtime/patterns/actor-router.ts";
import { declareHandlers } from "#runtime/patterns/routed-handlers.ts";
import { Routees } from "#runtime/patterns/routees.ts";
import { checkPolicy } from "#runtime/patterns/routing-policy.ts";
import { type NodeSight, nodeSightKey } from "./node-sight.ts";

export interface GroupArguments {
  readonly receptionist: Receptionist;
  /** Only those of nodes with this role. Default: of any node. */
  readonly role?: string;
}

/** A class to spawn; its refs fit wherever those of a routee do. */
export interface GroupRouterClass<P> {
  readonly protocol: Protocol<P>;
  initial(args: GroupArguments): GroupArguments;
  new (): object;
}

/** What a group router sends itself. A protocol with a method of such a name cannot be routed. */
interface Own {
  groupFound(ref: AnyRef): void;
  groupGone(ref: AnyRef): void;
  groupJudged(): void;
}

/**
 * Declares a router for all actors of a protocol. Without any, a tell is refused and logged, an ask
 * fails with `unavailable`. Beyond `routeesMax` the ones found last get nothing, which is logged.
 */
export function groupRouterOf<P>(
  known: Protocol<P>,
  { policy }: RouterOptions<P>,
): GroupRouterClass<P> {
  checkPolicy(policy);
  class GroupRouter extends Actor<unknown, GroupArguments, Own> {
    static readonly protocol = known;
    static initial = (args: GroupArguments): GroupArguments => args;
    static {
      declareHandlers(GroupRouter.prototype, known, (router, spec, args) =>
        router.#routees.handle(router.ctx, spec, args),
      );
    }
    readonly #routees = new Routees(
      policy,
      policy.kind === "least-loaded" ? "counted" : "forwarded",
    );
    readonly #found = new Map<string, AnyRef>();
    #sight: NodeSight | undefined;
    #ends: (() => void)[] = [];

    override start(): void {
      const { ctx } = this;
      const { receptionist, role } = this.state;
      this.#sight = ctx.use(nodeSightKey);
      ctx.subscribe(memberTopic, "groupJudged");
      const end = receptionist.subscribe(known, {
        found: (ref: Ref<P>) => ctx.send("groupFound", ref),
        gone: (ref: Ref<P>) => ctx.send("groupGone", ref),
      });
      this.#ends.push(end);
      if (role !== undefined) {
        this.#ends.push(this.#sight.roster.onChange(() => ctx.send("groupJudged")));
      }
    }

    override stopped(): void {
      for (const end of this.#ends) end();
    }

    override terminated(ref: AnyRef): void {
      this.groupGone(ref);
    }

    groupFound(ref: AnyRef): void {
      const key = addressKey(ref.$.address);
      if (this.#found.has(key)) return;
      if (this.#found.size >= routeesMax) {
        const text = `${ref.$.toString()} is one more than ${routeesMax} routees, and gets nothing`;
        this.ctx.log("warn", `${text}; route by role, or to routers`, { code: "too_large" });
        return;
      }
      this.#found.set(key, ref);
      this.ctx.watch(ref);
      this.groupJudged();
    }

    groupGone(ref: AnyRef): void {
      if (!this.#found.delete(addressKey(ref.$.address))) return;
      this.ctx.unwatch(ref);
      this.#routees.remove(ref);
    }

    groupJudged(): void {
      for (const ref of this.#found.values()) {
        if (this.#fits(ref)) this.#routees.add(ref);
        else this.#routees.remove(ref);
      }
    }

    #fits({ $ }: AnyRef): boolean {
      const { name } = $.address.node;
      if (!this.#sight || this.#sight.isSuspect(name)) return false;
      const { role } = this.state;
      return role === undefined || this.#sight.roster.find(name)?.roles.includes(role) === true;
    }
  }
  return GroupRouter;
}
