// The folders of the models that a topology names, and of its repository: read as the workers read them, so
// that what they would refuse when they start is told before, where the topology names the folder.
import { join } from "node:path";
import {
  type FoundModel,
  type FoundVersion,
  ModelScan,
} from "#actors/inference/repository/model-scan.ts";
import { chosenVersions, policyText } from "#actors/inference/repository/version-policy.ts";
import type { KeyPath, Problem } from "#protocols/outside/problem.ts";
import type { ClusterPlan } from "./topology-plan.ts";

/**
 * Reads every file that a manifest names once. A version that the model's policy leaves aside may be
 * anything. Rejects when the repository's own folder cannot be read.
 */
export async function modelFolderProblems({
  models,
  repository,
}: Pick<ClusterPlan, "models" | "repository">): Promise<readonly Problem[]> {
  const { load, mode, root } = repository;
  const manifests = mode === "poll" ? "needed" : "welcome";
  const found = await new ModelScan({ models, root, load, manifests }).look();
  const mistakes = new Map(found.map((model) => [model.name, mistakesIn(model)]));
  const named = models.flatMap(({ name }, index) =>
    (mistakes.get(name) ?? []).map(problemAt(["models", index, "path"], name)),
  );
  const names = new Set(models.map(({ name }) => name));
  const others = found
    .filter(({ kind, name }) => kind !== "missing" && !names.has(name))
    .flatMap(({ name }) => (mistakes.get(name) ?? []).map(problemAt(["repository", "path"], name)));
  return [...named, ...others, ...found.flatMap((model) => absent(model, load))];
}

const absent = (model: FoundModel, load: readonly string[]): readonly Problem[] =>
  model.kind === "missing"
    ? [
        {
          path: ["repository", "load", load.indexOf(model.name)],
          at: "value",
          message: `the model ${model.name} cannot be served: ${model.problem}`,
          remedy: "write the name of one of those, or put its folder there",
        },
      ]
    : [];

interface Mistake {
  readonly message: string;
  readonly remedy: string;
}

const problemAt =
  (path: KeyPath, name: string) =>
  ({ message, remedy }: Mistake): Problem => ({
    ...{ path, at: "value", remedy },
    message: `the model ${name} cannot be served: ${message}`,
  });

function mistakesIn(model: FoundModel): readonly Mistake[] {
  if (model.kind === "broken") {
    const remedy = "correct what is in that folder: docs/models.md tells each key and file";
    return [{ message: model.problem, remedy }];
  }
  if (model.kind !== "model") return [];
  const { folder, settings, versions } = model;
  const present = versions.map(({ version }) => version);
  if (present.length === 0) {
    const message = `${folder} has no numbered folder`;
    return [{ message, remedy: `put its file into ${join(folder, "1", "model.onnx")}` }];
  }
  const policy = policyText(settings.policy);
  return chosenVersions(settings.policy, present).flatMap((version): Mistake[] => {
    const found = versions.find((one) => one.version === version);
    if (found !== undefined) return mistakeOf(found);
    const message = `${join(folder, String(version))} is not there (policy: ${policy})`;
    return [{ message, remedy: "put that version there, or change versionPolicy" }];
  });
}

const mistakeOf = ({ version, problem }: FoundVersion): Mistake[] =>
  problem === null
    ? []
    : [{ message: `version ${version}: ${problem}`, remedy: "mend it, or take its folder away" }];
