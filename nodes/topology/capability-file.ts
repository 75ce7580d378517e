// A node's capability file: written from what was detected, read back with every mistake's place.
import { readFile, stat } from "node:fs/promises";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import {
  CapabilityDocument,
  capabilityFileBytesMax,
} from "#protocols/outside/capability-document.ts";
import { schemaProblems } from "#protocols/outside/schema-problems.ts";
import type { DetectedCapability } from "../capability/detect-capability.ts";
import type { EngineOffer } from "../capability/engine-offer.ts";
import { reportProblems } from "./topology-report.ts";
import { type LocatedProblem, readYaml } from "./yaml-source.ts";

const validator = Compile(CapabilityDocument);

/** Fails with `topology_invalid`, whose detail is the whole report. */
export async function readCapabilityFile(file: string): Promise<CapabilityDocument> {
  const text = await textOf(file);
  const yaml = readYaml(text);
  const refuse = (problems: readonly LocatedProblem[]): Failure =>
    new Failure("topology_invalid", reportProblems({ file, text }, problems));
  if (yaml.problems.length > 0) throw refuse(yaml.problems);
  // A file of comments only says nothing, which it may.
  const value = yaml.value ?? {};
  if (validator.Check(value)) return value;
  const problems = schemaProblems(CapabilityDocument, value);
  throw refuse(
    problems.map((problem) => ({ ...problem, spot: yaml.locate(problem.path, problem.at) })),
  );
}

async function textOf(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size <= capabilityFileBytesMax) return await readFile(file, "utf8");
    const most = `a capability file has at most ${capabilityFileBytesMax}`;
    throw new Failure("topology_invalid", `${file} has ${size} bytes: ${most}`);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const remedy = "write it with: troupe capability --out FILE";
    const detail = `cannot read ${file}: ${Failure.of(cause).detail}; ${remedy}`;
    throw new Failure("topology_invalid", detail, cause);
  }
}

/**
 * The file's text: YAML that reads back as what was detected, with the engines as comments, since nothing said
 * of them could change what they do. JSON's texts are YAML's, too.
 */
export function capabilityFileText(
  detected: DetectedCapability,
  engines: readonly EngineOffer[] = [],
): string {
  const { hostname, platform, arch, cpuModel, gpuReason } = detected;
  const gpus = detected.gpus.map(({ driver, ...gpu }) => ({
    ...gpu,
    ...(driver === null ? {} : { driver }),
  }));
  const models = detected.modelFiles.map(
    ({ name, version, standing, reason }) =>
      `# ${oneLine(name)} ${version ?? "-"}: ${standing}, ${oneLine(reason)}`,
  );
  const skills = detected.skills.map(({ skill, level }) => ({ skill, level }));
  return [
    `# What this node can do, as detected on ${oneLine(hostname)} (${platform} ${arch}).`,
    "# What stands here wins over what the node detects when it starts. Remove a line, and it is",
    "# detected again. Named in a topology by: capability: FILE",
    "",
    `# ${oneLine(cpuModel)}`,
    `cores: ${detected.cores}`,
    `memoryBytes: ${detected.memoryBytes}`,
    `diskBytes: ${detected.diskBytes}`,
    `# ${oneLine(gpuReason)}`,
    ...listText("gpus", gpus),
    ...engines.map((engine) => `# ${describeEngine(engine)}`),
    ...models,
    ...(detected.models.length === 0 ? [] : listText("models", detected.models)),
    ...listText("skills", skills),
    ...listText("tags", detected.tags),
    "",
  ].join("\n");
}

/** `ONNX Runtime 1.30.0 runs on cpu, cuda`, with what is wrong behind it. */
function describeEngine({ name, version, providers, reason }: EngineOffer): string {
  const named = version === null ? name : `${name} ${version}`;
  const use = providers.length === 0 ? "cannot be used" : `runs on ${providers.join(", ")}`;
  return oneLine(reason === "" ? `${named} ${use}` : `${named} ${use}: ${reason}`);
}

const listText = (key: string, items: readonly unknown[]): readonly string[] =>
  items.length === 0
    ? [`${key}: []`]
    : [`${key}:`, ...items.map((item) => `  - ${JSON.stringify(item)}`)];

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();
