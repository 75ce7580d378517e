// Who of several gets a message. Pure: candidates in, choice out; turn and chance are passed in.
import { Failure } from "#protocols/failure.ts";
import type { Ack, Arguments } from "#protocols/protocol.ts";
import { type HashedName, ownerOf } from "./rendezvous-hash.ts";

/** The asks of a protocol that only say "done". */
export type AckMethod<P> = {
  [M in keyof P]: P[M] extends (...args: never[]) => Ack ? M : never;
}[keyof P] &
  string;

/** Names the key of a call: equal keys go to the same routee. */
export type KeyFunctions<P> = {
  readonly [M in keyof P]: (...args: Arguments<P[M]>) => string;
};

export type RoutingPolicy<P> =
  /** One after the other. */
  | { readonly kind: "round-robin" }
  | { readonly kind: "random" }
  /** Whoever has the fewest asks in flight, or least in hand and waiting where that can be seen. */
  | { readonly kind: "least-loaded" }
  /** By key: the same routee as long as it lives, and few keys move when routees come or go. */
  | { readonly kind: "consistent"; readonly keys: KeyFunctions<P> }
  /**
   * All of them. An ask is answered when all have answered, so it can only say "done": those named
   * in `acknowledged` are passed on, any other ask is refused with `invalid`.
   */
  | { readonly kind: "broadcast"; readonly acknowledged?: readonly AckMethod<P>[] }
  /** All of them; the first success answers an ask, and the others are cancelled. */
  | { readonly kind: "scatter-gather-first" };

export type RoutingKind = RoutingPolicy<unknown>["kind"];

const kinds: Readonly<Record<RoutingKind, true>> = {
  "round-robin": true,
  random: true,
  "least-loaded": true,
  consistent: true,
  broadcast: true,
  "scatter-gather-first": true,
};

/** Fails with `invalid` for a policy that there is not. */
export function checkPolicy({ kind }: { readonly kind: string }): void {
  if (Object.hasOwn(kinds, kind)) return;
  const text = `nobody routes by "${kind}"; take one of ${Object.keys(kinds).join(", ")}`;
  throw new Failure("invalid", text);
}

export interface Candidate extends HashedName {
  /** What it has in hand and waiting, as far as one can see. */
  readonly load: number;
}

export interface RoutingRequest {
  /** Grows by one with every message. */
  readonly turn: number;
  /** At least 0 and below 1. */
  readonly chance: number;
  /** Only `consistent` looks at it. */
  readonly key: string;
}

/** Positions of the candidates that get the message; none only when there are none. */
export function choose(
  kind: RoutingKind,
  candidates: readonly Candidate[],
  request: RoutingRequest,
): readonly number[] {
  const count = candidates.length;
  if (count === 0) return [];
  switch (kind) {
    case "round-robin":
      return [request.turn % count];
    case "random":
      return [Math.floor(request.chance * count)];
    case "least-loaded":
      return [leastLoaded(candidates, request.turn)];
    case "consistent":
      return [ownerOf(request.key, candidates)];
    case "broadcast":
    case "scatter-gather-first":
      return candidates.map((_, index) => index);
    default:
      return kind satisfies never;
  }
}

// Equals take turns, else the first would get all that comes while everybody is idle.
function leastLoaded(candidates: readonly Candidate[], turn: number): number {
  const count = candidates.length;
  let best = turn % count;
  for (let offset = 1; offset < count; offset += 1) {
    const index = (turn + offset) % count;
    if (loadAt(candidates, index) < loadAt(candidates, best)) best = index;
  }
  return best;
}

const loadAt = (candidates: readonly Candidate[], index: number): number =>
  candidates[index]?.load ?? Number.POSITIVE_INFINITY;
