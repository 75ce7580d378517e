// Everybody who may take part, and what each is called in tables. A workload names those that take
// part in it, ours first.
import { availableParallelism } from "node:os";
import type { Subject } from "../contest.ts";
import type { WorkName } from "./contender.ts";
import type { Erlang } from "./erlang-subject.ts";
import type { Sizing } from "./trial.ts";
import { trialSubject } from "./trial-subject.ts";

export const bareLoop = "bare loop";
export const bareDispatchLoop = "bare dispatch loop";

/** One contender in one workload. */
export type Entrant =
  | {
      readonly program: "node";
      readonly peer: string;
      readonly variant: string;
      readonly module: string;
      /** The package without which it cannot run. */
      readonly needs?: "nact" | "comedy" | "xstate" | "actor-ts";
      /** What it does instead of the workload's own work. */
      readonly work?: WorkName;
      readonly actors?: number;
      /** How much of it, when that is not what the workload says. */
      readonly sizing?: Sizing;
    }
  | {
      readonly program: "erlang";
      readonly peer: string;
      readonly variant: string;
      /** A clause of `work` in contender.erl; default: the workload's own work. */
      readonly work?: string;
      readonly schedulers: number;
    };

const node = (peer: string, module: string, variant = ""): Entrant & { program: "node" } => ({
  program: "node",
  peer,
  variant,
  module,
});

export const troupe = node("troupe", "troupe");
/** These stand apart, so that what they need besides the core is not loaded with it. */
export const troupeObserved = node("troupe", "troupe-observed", "an observer that counts");
export const troupeHookless = node(
  "troupe without the hook",
  "troupe-hookless",
  "no observer possible",
);
export const troupeSimulated = node("troupe", "troupe-simulation");
export const bare = node(bareLoop, "bare", "the limit");
/** What plain JavaScript can do when the receivers are no actors at all. */
export const bareRing = node("bare single ring", "bare-ring", "the floor");
/** The least that chooses a handler by the kind of a message. */
export const bareDispatch = node(bareDispatchLoop, "bare-dispatch", "the limit with kinds");
export const nact = { ...node("nact", "nact"), needs: "nact" } as const;
export const comedy = { ...node("comedy", "comedy"), needs: "comedy" } as const;
export const actorTs = { ...node("actor-ts", "actor-ts"), needs: "actor-ts" } as const;
export const xstateCallback = {
  ...node("XState callback", "xstate-callback", "a nested call, no turn of its own"),
  needs: "xstate",
} as const;
export const xstateTransition = {
  ...node("XState transition", "xstate-transition", "a nested call, no turn of its own"),
  needs: "xstate",
} as const;

/** Troupe again, in another setting, to compare itself with. */
export const troupeAs = (
  peer: string,
  as: { readonly work: WorkName; readonly actors?: number; readonly sizing?: Sizing },
): Entrant => ({ ...node(peer, "troupe"), ...as });

export const erlang: Entrant = {
  program: "erlang",
  peer: "Erlang/OTP",
  variant: "processes, 1 scheduler",
  schedulers: 1,
};
export const erlangParallel: Entrant = {
  program: "erlang",
  peer: "Erlang/OTP parallel",
  variant: `processes, ${availableParallelism()} schedulers`,
  schedulers: availableParallelism(),
};
export const genServer = (work: "cast" | "call"): Entrant => ({
  program: "erlang",
  peer: `Erlang/OTP gen_server ${work}`,
  variant: "1 scheduler",
  work,
  schedulers: 1,
});

export function subjectOf(
  entrant: Entrant,
  own: { readonly work: WorkName; readonly actors: number; readonly sizing: Sizing },
  machine: Erlang | undefined,
): Subject | undefined {
  const { actors, sizing, work } = own;
  if (entrant.program === "erlang") {
    return machine?.subject({ ...entrant, work: entrant.work ?? work, actors, sizing });
  }
  const { module, peer, variant } = entrant;
  const setting = { actors: entrant.actors ?? actors };
  const order = { work: entrant.work ?? work, setting, sizing: entrant.sizing ?? sizing };
  return trialSubject({ peer, variant, module, order });
}
