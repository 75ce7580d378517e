// The least delay of a backoff may not exceed the most. Pure.

import type { KeyPath, Problem } from "#protocols/outside/problem.ts";
import type { BackoffDocument } from "#protocols/outside/topology-launcher.ts";

export function backoffProblems(
  backoff: BackoffDocument | undefined,
  path: KeyPath,
): readonly Problem[] {
  if (backoff?.delayMsMin === undefined || backoff.delayMsMax === undefined) return [];
  if (backoff.delayMsMin <= backoff.delayMsMax) return [];
  return [
    {
      path: [...path, "delayMsMin"],
      at: "value",
      message: `is ${backoff.delayMsMin}, more than delayMsMax, which is ${backoff.delayMsMax}`,
      remedy: `write at most ${backoff.delayMsMax}`,
    },
  ];
}
