// Whether a node can run a task, and how well. Pure: requirements and a capability in, a verdict out.
// All that is missing is named at once, so that people see why nobody takes a task.
import type { NodeCapabilities, TaskRequirements } from "./capability.ts";
import type { Machine, MachineDemand } from "./machine-demand.ts";

export type CapabilityMatch =
  | {
      readonly kind: "fits";
      /** 0 to 1: the mean of how well each optional skill is had and of the affinity tags met. */
      readonly score: number;
      readonly optionalSkills: readonly string[];
      readonly affinityTags: readonly string[];
    }
  /** One sentence for each thing that is missing; never empty. */
  | { readonly kind: "unfit"; readonly lacks: readonly string[] };

/** The part of a capability that requirements look at. */
export type MatchedCapability = Omit<Machine, "gpus"> &
  Pick<NodeCapabilities, "gpus" | "models" | "skills" | "tags">;

/** Cost: the skills and tags of both sides. */
export function matchCapability(
  requirements: TaskRequirements,
  capability: MatchedCapability,
): CapabilityMatch {
  const lacks = [
    ...machineLacks(requirements, capability),
    ...modelLacks(requirements, capability),
    ...skillLacks(requirements, capability),
  ];
  if (lacks.length > 0) return { kind: "unfit", lacks };
  const levels = levelsOf(capability);
  const wishedSkills = [...new Set(requirements.optionalSkills ?? [])];
  const wishedTags = [...new Set(requirements.affinityTags ?? [])];
  const optionalSkills = wishedSkills.filter((skill) => levels.has(skill));
  const affinityTags = wishedTags.filter((tag) => capability.tags.includes(tag));
  const points =
    optionalSkills.reduce((sum, skill) => sum + (levels.get(skill) ?? 0), 0) + affinityTags.length;
  const pointsMax = wishedSkills.length + wishedTags.length;
  const score = pointsMax === 0 ? 1 : points / pointsMax;
  return { kind: "fits", score, optionalSkills, affinityTags };
}

/** What of a demand the machine does not have; empty: it fits. */
export function machineLacks(wanted: MachineDemand, has: Machine): readonly string[] {
  const { gpuMemoryBytes } = wanted;
  const gpuBytes = Math.max(-1, ...has.gpus.map(({ memoryBytes }) => memoryBytes));
  return [
    ...tooLittle("cores", wanted.cores, has.cores),
    ...tooLittle("bytes of memory", wanted.memoryBytes, has.memoryBytes),
    ...tooLittle("bytes of disk", wanted.diskBytes, has.diskBytes),
    ...(gpuMemoryBytes !== undefined && gpuBytes < 0 ? ["it has no GPU"] : []),
    ...(gpuBytes < 0 ? [] : tooLittle("bytes of GPU memory", gpuMemoryBytes, gpuBytes)),
    ...otherThan("platform", wanted.platform, has.platform),
    ...otherThan("architecture", wanted.arch, has.arch),
  ];
}

function modelLacks({ model }: TaskRequirements, has: MatchedCapability): readonly string[] {
  if (model === undefined || has.models.includes(model)) return [];
  return [`it has no model ${model}; it has ${has.models.join(", ") || "none"}`];
}

function skillLacks(wanted: TaskRequirements, has: MatchedCapability): readonly string[] {
  const levels = levelsOf(has);
  const least = wanted.skillLevel ?? 0;
  return [...new Set(wanted.requiredSkills ?? [])].flatMap((skill) => {
    const level = levels.get(skill);
    if (level === undefined) return [`it lacks the skill ${skill}`];
    return level < least ? [`it has the skill ${skill} at ${level}, wanted is ${least}`] : [];
  });
}

const levelsOf = ({ skills }: MatchedCapability): ReadonlyMap<string, number> =>
  new Map(skills.map(({ skill, level }) => [skill, level]));

const tooLittle = (what: string, wanted: number | undefined, has: number): readonly string[] =>
  wanted === undefined || has >= wanted ? [] : [`it has ${has} ${what}, wanted are ${wanted}`];

const otherThan = (what: string, wanted: string | undefined, has: string): readonly string[] =>
  wanted === undefined || has === wanted ? [] : [`its ${what} is ${has}, wanted is ${wanted}`];
