// The same interface inside of an actor, by its own context.
import { clientLimits } from "#protocols/client-limits.ts";
import type { ControlScope } from "#protocols/tasks/control-commands.ts";
import type { Context } from "#runtime/core/context.ts";
import { Communication } from "./communication.ts";

export interface CommunicationTerms {
  /** Milliseconds until a call has failed. Default: 5 s. */
  readonly callWithinMs?: number;
  /** What the control channel is to let this actor do. Default: `control`. */
  readonly scopes?: readonly ControlScope[];
}

/** Make it once, in `start`: it remembers what it last knew of the cluster. */
export function communicationOf(
  ctx: Pick<Context<unknown>, "lookup" | "node" | "now" | "path" | "random" | "sleep" | "wall">,
  terms: CommunicationTerms = {},
): Communication {
  const { callWithinMs = clientLimits.callMsDefault, scopes = ["control"] } = terms;
  const ports = {
    ...{ now: () => ctx.now(), wall: () => ctx.wall(), members: () => null },
    ...{ random: () => ctx.random(), pause: (ms: number) => ctx.sleep(ms) },
    lookup: <P>(protocol: Parameters<typeof ctx.lookup<P>>[0], name: string, within: number) =>
      ctx.lookup(protocol, name, { within }),
    // What an actor waits for ends with the actor.
    whileHere: <R>(work: Promise<R>): Promise<R> => work,
    caller: { by: `actor ${ctx.node.name}${ctx.path}`.slice(0, 128), scopes },
    node: ctx.node.name,
  };
  return new Communication(ports, callWithinMs);
}
