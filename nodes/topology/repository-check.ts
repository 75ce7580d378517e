// What the schema cannot say of `repository`. Pure.
import type { RepositoryDocument } from "#protocols/outside/topology-models.ts";
import type { Problem } from "./problem.ts";

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
