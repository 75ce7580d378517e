// What the schema cannot say of `repository`. Pure.

import type { Problem } from "#protocols/outside/problem.ts";
import type { RepositoryDocument } from "#protocols/outside/topology-models.ts";

const readIn = { load: "explicit", pollMs: "poll" } as const;

export function repositoryProblems(repository: RepositoryDocument = {}): readonly Problem[] {
  const { mode = "none" } = repository;
  return (["load", "pollMs"] as const).flatMap((key) => {
    if (repository[key] === undefined || mode === readIn[key]) return [];
    return [
      {
        path: ["repository", key],
        at: "key" as const,
        message: `${key} has no effect in mode ${mode}`,
        remedy: `remove ${key}, or write mode: ${readIn[key]}`,
      },
    ];
  });
}
