// Whether a worker can run a task, and how well: the one judgement of it. The store claims by it, the queue
// tells by it why nobody takes a task, and the registry says by it which node could. Pure: needs and gifts
// in, a verdict out. All that is missing can be named at once, so that people see why nobody takes a task.
import type { NodeCapabilities, TaskRequirements } from "./capability.ts";
import {
  demandWithout,
  isUndemanding,
  type Machine,
  type MachineDemand,
} from "./machine-demand.ts";
import { type DependenciesOf, type SkillSight, skillSight } from "./skill-sight.ts";

/** What a task needs of its worker. */
export interface RunnerNeeds {
  /** Undefined: it needs none. */
  readonly model?: string | undefined;
  readonly requiredSkills: readonly string[];
  /** How well each of these must be had; 0: at all. */
  readonly skillLevel: number;
  readonly machine: MachineDemand;
}

/** What a worker has to give. */
export interface RunnerGifts {
  readonly models: ReadonlySet<string>;
  /** Read only where a task requires a skill. */
  readonly skills: SkillSight;
  /** Undefined: it says nothing of it, and gets no task that demands something of a machine. */
  readonly machine: Machine | undefined;
}

/** Nothing is lacking. Hot: asked for each kind of work that waits, at each claim. */
export const canRun = (needs: RunnerNeeds, gifts: RunnerGifts): boolean => isFit(needs, gifts);

/** One sentence for each thing that is missing; empty: it can run it. */
export function lacksOf(needs: RunnerNeeds, gifts: RunnerGifts): readonly string[] {
  const lacks: string[] = [];
  isFit(needs, gifts, (lack) => lacks.push(lack));
  return lacks;
}

type Tell = (lack: string) => void;

/** Without anybody to tell it stops at the first thing that is lacking, and makes no text of it. */
function isFit(needs: RunnerNeeds, gifts: RunnerGifts, tell?: Tell): boolean {
  const { model, requiredSkills, skillLevel, machine: demand } = needs;
  let fits = true;
  if (model !== undefined && !gifts.models.has(model)) {
    fits = false;
    tell?.(`it has no model ${model}; it has ${someOf(gifts.models)}`);
  }
  for (let index = 0; index < requiredSkills.length && (fits || tell); index += 1) {
    const skill = requiredSkills[index] ?? "";
    const level = gifts.skills.levels.get(skill);
    if (level !== undefined && level >= skillLevel) continue;
    fits = false;
    // One that is named twice is told once.
    if (tell && requiredSkills.indexOf(skill) === index) {
      tell(skillText(skill, skillLevel, gifts.skills));
    }
  }
  if (isUndemanding(demand) || !(fits || tell)) return fits;
  const lacks = gifts.machine === undefined ? [silent] : machineLacks(demand, gifts.machine);
  for (const lack of lacks) tell?.(lack);
  return fits && lacks.length === 0;
}

const silent = "it does not say what its machine has";

function skillText(skill: string, least: number, { broken, levels }: SkillSight): string {
  const missing = broken.get(skill);
  if (missing) return `its skill ${skill} rests on ${missing.join(", ")}, which it lacks`;
  const level = levels.get(skill);
  if (level === undefined) return `it lacks the skill ${skill}`;
  return `it has the skill ${skill} at ${level}, wanted is ${least}`;
}

/** Names that are told of a long list. */
const toldMax = 8;

function someOf(names: ReadonlySet<string>): string {
  const told = [...names].slice(0, toldMax).join(", ");
  return names.size > toldMax ? `${told} and ${names.size - toldMax} more` : told || "none";
}

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
  Pick<NodeCapabilities, "gpus" | "models" | "skills" | "slots" | "tags">;

/** `dependenciesOf`: as the register says. Cost: the skills and tags of both sides. */
export function matchCapability(
  requirements: TaskRequirements,
  capability: MatchedCapability,
  dependenciesOf: DependenciesOf,
): CapabilityMatch {
  const { model, requiredSkills = [], skillLevel = 0 } = requirements;
  const skills = skillSight(capability.skills, dependenciesOf);
  const needs = { model, requiredSkills, skillLevel, machine: demandWithout(requirements) };
  const gifts = { models: new Set(capability.models), skills, machine: capability };
  const idle = capability.slots === 0 ? ["it has no slots: no worker there takes tasks"] : [];
  const lacks = [...lacksOf(needs, gifts), ...idle];
  if (lacks.length > 0) return { kind: "unfit", lacks };
  const { levels } = skills;
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
function machineLacks(wanted: MachineDemand, has: Machine): readonly string[] {
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

const tooLittle = (what: string, wanted: number | undefined, has: number): readonly string[] =>
  wanted === undefined || has >= wanted ? [] : [`it has ${has} ${what}, wanted are ${wanted}`];

const otherThan = (what: string, wanted: string | undefined, has: string): readonly string[] =>
  wanted === undefined || has === wanted ? [] : [`its ${what} is ${has}, wanted is ${wanted}`];
