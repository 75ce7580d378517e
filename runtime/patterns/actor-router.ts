// One ref in front of many actors that exist already. A router speaks their protocol, so whoever
// holds its ref need not know that it is one.
//
//   sender ──► router ──policy──► routee, routee, routee (watched; gone when they end)
//
// Order holds from one sender to one routee as long as the policy sends it there (`consistent`); a
// tell that is passed on is not answered for: what a routee does not handle is its dead letter.
import type { AnyRef, Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { type Ack, ack, ask, type Protocol, protocol, withMethodsOf } from "#protocols/protocol.ts";
import { anyRef } from "#protocols/schema.ts";
import { Actor } from "#runtime/core/actor.ts";
import { reply } from "#runtime/core/reply.ts";
import { declareHandlers } from "./routed-handlers.ts";
import { isSame, Routees } from "./routees.ts";
import { checkPolicy, type RoutingPolicy } from "./routing-policy.ts";

/** Actors behind one router. More: refused with `too_large`. */
export const routeesMax = 1_024;

/** What a router understands beside its routees' protocol. */
export interface RouterControl {
  /** Fails with `invalid` when the actor speaks another protocol. One that is there stays. */
  addRoutee(routee: AnyRef): Ack;
  /** What was passed on to it already is still handled. One that is not there stays away. */
  removeRoutee(routee: AnyRef): Ack;
  routees(): readonly AnyRef[];
}

const RouterControl = protocol<RouterControl>("troupe.RouterControl@1", {
  addRoutee: ask,
  removeRoutee: ask,
  routees: ask,
}).checked({ addRoutee: [anyRef], removeRoutee: [anyRef], routees: [] });

export interface RouterOptions<P> {
  readonly policy: RoutingPolicy<P>;
}

export interface RouterArguments<P> {
  readonly routees: readonly Ref<P>[];
}

/** A class to spawn with the first routees; its refs fit wherever those of a routee do. */
export interface RouterClass<P> {
  readonly protocol: Protocol<P & RouterControl>;
  initial(args: RouterArguments<P>): RouterArguments<P>;
  new (): object;
}

/**
 * Declares a router for actors of a protocol. Without routees a tell is refused and logged, an ask
 * fails with `unavailable`. A router that is restarted has the routees that it was spawned with.
 */
export function routerOf<P>(known: Protocol<P>, options: RouterOptions<P>): RouterClass<P> {
  checkPolicy(options.policy);
  class Router extends Actor<P & RouterControl, RouterArguments<P>> {
    static readonly protocol = withControl(known);
    static initial = (args: RouterArguments<P>): RouterArguments<P> => args;
    static {
      declareHandlers(Router.prototype, known, (router, spec, args) =>
        router.#routees.handle(router.ctx, spec, args),
      );
    }
    readonly #routees = new Routees(
      options.policy,
      options.policy.kind === "least-loaded" ? "counted" : "forwarded",
    );

    override start(): void {
      for (const routee of this.state.routees) {
        const problem = this.#add(routee);
        if (problem) throw problem;
      }
    }

    override terminated(ref: AnyRef): void {
      this.#routees.remove(ref);
    }

    addRoutee(routee: AnyRef): Ack {
      const problem = this.#add(routee);
      if (problem) throw reply(problem);
      return ack;
    }

    removeRoutee(routee: AnyRef): Ack {
      if (this.#routees.remove(routee)) this.ctx.unwatch(routee);
      return ack;
    }

    routees(): readonly AnyRef[] {
      return this.#routees.all.map(({ ref }) => ref);
    }

    #add(routee: AnyRef): Failure | undefined {
      const problem = isSame(routee, this.ctx.self)
        ? new Failure("invalid", `${this.ctx.path} cannot be its own routee; name another actor`)
        : problemOf(known, routee, this.#routees.all.length);
      if (!problem && this.#routees.add(routee)) this.ctx.watch(routee);
      return problem;
    }
  }
  return Router;
}

function problemOf(
  known: { readonly id: string },
  routee: AnyRef,
  count: number,
): Failure | undefined {
  const name = routee.$.toString();
  if (routee.$.protocolId !== known.id) {
    const text = `${name} speaks ${routee.$.protocolId}; this router is for ${known.id}`;
    return new Failure("invalid", text);
  }
  if (count < routeesMax) return undefined;
  const text = `there are ${count} routees, and ${name} would be one too many; use a second router`;
  return new Failure("too_large", text);
}

// The id stays that of the routees: whoever checks a ref by its protocol takes a router for one.
function withControl<P>(known: Protocol<P>): Protocol<P & RouterControl> {
  for (const name of RouterControl.methods.keys()) {
    if (!known.methods.has(name)) continue;
    const text = `${known.id} cannot be routed: every router has a method ${name}; rename yours`;
    throw new Failure("invalid", text);
  }
  return withMethodsOf(known, RouterControl);
}
