// Where the copy of the state is, as a topology says it, and what must hold of that. Pure.
import type { MirrorTerms } from "#actors/state/state-messages.ts";
import { redisPlaceOf } from "#actors/store/redis/master-place.ts";
import { Failure } from "#protocols/failure.ts";
import type { Problem } from "#protocols/outside/problem.ts";
import type { StateDocument } from "#protocols/outside/topology-state.ts";

export function stateProblems(
  state: StateDocument | undefined,
  { hasManager }: { readonly hasManager: boolean },
): readonly Problem[] {
  if (state?.mirror === undefined) return [];
  const problems: Problem[] = [];
  const refused = refusalOf(state.mirror);
  if (refused !== undefined) {
    const remedy = "write a URL such as redis://127.0.0.1:6379";
    problems.push({ path: ["state", "mirror"], at: "value", message: refused, remedy });
  }
  if (!hasManager) {
    const message = "no node has the actor state-manager, which writes the mirror";
    problems.push({ path: ["state"], at: "key", message, remedy: "give a node the role control" });
  }
  return problems;
}

/** What `stateProblems` finds fault with has no mirror. */
export function mirrorOf(state: StateDocument | undefined, cluster: string): MirrorTerms | null {
  if (state?.mirror === undefined || refusalOf(state.mirror) !== undefined) return null;
  const server = state.mirror.replace(/\/\/[^@/]*@/, "//…@");
  return { place: redisPlaceOf(state.mirror), server, namespace: cluster };
}

function refusalOf(url: string): string | undefined {
  try {
    redisPlaceOf(url);
    return undefined;
  } catch (error) {
    return Failure.of(error).detail;
  }
}
