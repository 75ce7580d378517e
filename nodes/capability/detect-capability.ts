// What this machine offers to a node: processors, memory, disk, graphics processors, models that can be
// used, and the skills that come of them; and what the node's capability file says instead.
import type { CapabilityDocument } from "#protocols/outside/capability-document.ts";
import type { NodeCapabilities } from "#protocols/tasks/capability.ts";
import { machine } from "#runtime/host/machine.ts";
import { findGpus } from "./gpu-tools.ts";
import { diskOf } from "./machine-figures.ts";
import { examineModel, type ModelFiles } from "./model-files.ts";

export type DetectedCapability = Omit<NodeCapabilities, "slots">;

export interface DetectionPlace {
  /** On the disk that counts. */
  readonly dataFolder: string;
  readonly models: readonly { readonly name: string; readonly folder: string }[];
  /** Milliseconds since 1970 UTC, for skills that are shown now. */
  readonly nowMs: number;
}

/** Reads every file of the models once; asks each vendor's tool, at most 5 s. */
export async function detectCapability(place: DetectionPlace): Promise<DetectedCapability> {
  const [found, models] = await Promise.all([
    findGpus(),
    Promise.all(place.models.map(({ name, folder }) => examineModel(name, folder))),
  ]);
  return {
    ...machine(),
    diskBytes: diskOf(place.dataFolder).size,
    gpus: [...found.gpus],
    gpuReason: found.reason,
    models: models.filter(({ standing }) => standing !== "broken").map(({ name }) => name),
    modelFiles: models.map(({ kind: _, ...model }) => model),
    skills: skillsOf(models, place.nowMs),
    tags: [],
  };
}

/** Whoever has a model of a kind can do what it is for; shown where its files were compared. */
function skillsOf(models: readonly ModelFiles[], nowMs: number): NodeCapabilities["skills"] {
  const usable = models.filter(({ standing }) => standing !== "broken");
  const kinds = [...new Set(usable.flatMap(({ kind }) => kind ?? []))].sort();
  return kinds.map((skill) => {
    const isShown = usable.some(({ kind, standing }) => kind === skill && standing === "verified");
    return { skill, level: 1, verifiedAt: isShown ? nowMs : null };
  });
}

/** What the file says wins over what was detected; the rest is as detected. Pure. */
export function withStated(
  detected: DetectedCapability,
  stated: CapabilityDocument,
): DetectedCapability {
  const { cores, memoryBytes, diskBytes, gpus, models, skills, tags } = stated;
  return {
    ...detected,
    ...(cores === undefined ? {} : { cores }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(diskBytes === undefined ? {} : { diskBytes }),
    ...(gpus === undefined
      ? {}
      : {
          gpus: gpus.map((gpu) => ({ ...gpu, driver: gpu.driver ?? null })),
          gpuReason: "as the capability file says",
        }),
    ...(models === undefined
      ? {}
      : {
          models: detected.models.filter((name) => models.includes(name)),
          modelFiles: detected.modelFiles.filter(({ name }) => models.includes(name)),
        }),
    ...(skills === undefined
      ? {}
      : {
          skills: skills.map(({ skill, level }) => ({
            skill,
            level: level ?? 1,
            verifiedAt: null,
          })),
        }),
    ...(tags === undefined ? {} : { tags: [...tags] }),
  };
}
