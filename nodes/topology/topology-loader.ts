// Reads a topology file into a plan, or says everything that is wrong with it at once.
//
//   text ─► YAML ─► schema ─► expansion ─► checks ─► folders of models and keys ─► plan
//                                                        └► files of models, where that is asked for
//
// A stage with problems ends the way: what follows would only repeat them.
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import type { KeyPath, Problem } from "#protocols/outside/problem.ts";
import { schemaProblems } from "#protocols/outside/schema-problems.ts";
import { TopologyDocument, topologyBounds } from "#protocols/outside/topology.ts";
import { capabilityProblems } from "./capability-check.ts";
import { modelFolderProblems } from "./model-folder-check.ts";
import { checkTopology } from "./topology-check.ts";
import { expandTopology } from "./topology-expansion.ts";
import type { ClusterPlan } from "./topology-plan.ts";
import { reportProblems } from "./topology-report.ts";
import { moduleProblems } from "./worker-check.ts";
import { type LocatedProblem, readYaml } from "./yaml-source.ts";

const validator = Compile(TopologyDocument);

const builtinModels = fileURLToPath(new URL("../../actors/inference/models", import.meta.url));

export type TopologyReading =
  | { readonly kind: "plan"; readonly plan: ClusterPlan }
  | { readonly kind: "problems"; readonly problems: readonly LocatedProblem[] };

/** How far its models are looked at: whether their folders are there, or what is in them, too. */
export type ModelLook = "folders" | "files";

/** Fails with `topology_invalid`, whose detail is the whole report. */
export async function loadTopology(
  file: string,
  look: ModelLook = "folders",
): Promise<ClusterPlan> {
  const text = await readText(file);
  const reading = await readTopology({ file: path.resolve(file), text }, look);
  if (reading.kind === "plan") return reading.plan;
  throw new Failure("topology_invalid", reportProblems({ file, text }, reading.problems));
}

/** `file` is absolute. */
export async function readTopology(
  source: { readonly file: string; readonly text: string },
  look: ModelLook = "folders",
): Promise<TopologyReading> {
  const yaml = readYaml(source.text);
  if (yaml.problems.length > 0) return { kind: "problems", problems: yaml.problems };
  const locate = (problem: Problem): LocatedProblem => ({
    ...problem,
    spot: yaml.locate(problem.path, problem.at),
  });
  const { value } = yaml;
  if (!validator.Check(value)) {
    const problems = schemaProblems(TopologyDocument, value);
    if (problems.length > 0) return { kind: "problems", problems: problems.map(locate) };
    throw new Failure("internal", "a topology is refused, but nothing wrong is found with it");
  }
  const expansion = expandTopology(value, { file: source.file, builtinModels });
  const checked = checkTopology(value, expansion);
  const folders = [
    ...(await folderProblems(value, expansion.plan)),
    ...(await keyFolderProblems(value, expansion.plan)),
    ...(await capabilityProblems(value, source.file)),
    ...(await moduleProblems(value, source.file)),
  ];
  const problems = [...checked, ...folders];
  if (problems.length === 0 && look === "files") {
    problems.push(...(await modelFolderProblems(expansion.plan)));
  }
  if (problems.length > 0) return { kind: "problems", problems: problems.map(locate) };
  return { kind: "plan", plan: expansion.plan };
}

async function folderProblems(
  document: TopologyDocument,
  plan: ClusterPlan,
): Promise<readonly Problem[]> {
  const found = await Promise.all(
    plan.models.map(async (model, index): Promise<readonly Problem[]> => {
      if (await isFolder(model.folder)) return [];
      const isBuiltin = document.models[index]?.path === "builtin";
      const at: KeyPath = ["models", index, isBuiltin ? "name" : "path"];
      const message = isBuiltin
        ? `there is no built-in model ${model.name}`
        : `there is no folder ${model.folder}`;
      const remedy = isBuiltin
        ? "write the name of a built-in model, or the path of the model's folder"
        : "write the model's folder relative to this file, or builtin";
      return [{ path: at, at: "value", message, remedy }];
    }),
  );
  const { root } = plan.repository;
  if (root === null || (await isFolder(root))) return found.flat();
  const remedy = "make it, or write the repository's folder relative to this file";
  const path: KeyPath = ["repository", "path"];
  const absent: Problem = { path, at: "value", message: `there is no folder ${root}`, remedy };
  return [...found.flat(), absent];
}

async function keyFolderProblems(
  document: TopologyDocument,
  { security, nodes }: ClusterPlan,
): Promise<readonly Problem[]> {
  if (document.security?.keys === undefined || security.mode === "plain") return [];
  if (await isFolder(security.keys)) return [];
  const make = `troupe keys make --dir ${security.keys} --node ${nodes[0]?.name}`;
  const remedy = `make keys for each node: ${make}`;
  const message = `there is no folder ${security.keys}`;
  return [{ path: ["security", "keys"], at: "value", message, remedy }];
}

const isFolder = (folder: string): Promise<boolean> =>
  stat(folder).then(
    (entry) => entry.isDirectory(),
    () => false,
  );

async function readText(file: string): Promise<string> {
  const entry = await stat(file).catch((cause: unknown) => {
    const detail = `cannot read ${file}: ${messageOf(cause)}; name a topology file`;
    throw new Failure("topology_invalid", detail, cause);
  });
  if (!entry.isFile()) {
    throw new Failure("topology_invalid", `${file} is not a file: name a topology file`);
  }
  if (entry.size > topologyBounds.fileBytesMax) {
    const detail = `${file} has ${entry.size} bytes: a topology has at most ${topologyBounds.fileBytesMax}`;
    throw new Failure("topology_invalid", detail);
  }
  return readFile(file, "utf8").catch((cause: unknown) => {
    throw new Failure("topology_invalid", `cannot read ${file}: ${messageOf(cause)}`, cause);
  });
}

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);
