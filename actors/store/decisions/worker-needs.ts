// What a task asks of its worker, as one text, so that a back end finds the tasks for a worker by it: the
// model, the skills that it must have and how well, what the machine must have, and with which others it
// can run together. Tasks of one text are one kind of work. Pure.

import Type from "typebox";
import { Compile } from "typebox/compile";
import type { RunnerNeeds } from "#protocols/tasks/capability-match.ts";
import { demandWithout, isUndemanding, MachineDemand } from "#protocols/tasks/machine-demand.ts";
import { SkillLevel } from "#protocols/tasks/skill-sight.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";

export interface WorkerNeeds extends RunnerNeeds {
  readonly model: string;
  readonly batchKey: string | null;
}

type Asked = Pick<TaskSubmission, "type" | "model" | "skillLevel" | "machine" | "batchKey"> & {
  readonly requiredSkills?: readonly string[] | undefined;
};

/** The same text for the same needs, in whatever order they were named. */
export function needsOf(asked: Asked): string {
  const { type, model, requiredSkills = [], skillLevel = 0, machine = {}, batchKey } = asked;
  const demand = demandWithout(machine);
  const more = {
    ...(isUndemanding(demand) ? {} : { machine: demand }),
    ...(skillLevel > 0 && requiredSkills.length > 0 ? { level: skillLevel } : {}),
    ...(batchKey === undefined ? {} : { batch: batchKey, type }),
  };
  const words = [model, ...new Set([...requiredSkills].sort())];
  return JSON.stringify(Object.keys(more).length === 0 ? words : [...words, more]);
}

const words = Compile(Type.Array(Type.String()));
const extras = Compile(
  Type.Object({
    machine: Type.Optional(MachineDemand),
    level: Type.Optional(SkillLevel),
    batch: Type.Optional(Type.String()),
  }),
);

/** Undefined when the text is none that `needsOf` writes. */
export function needsIn(text: string): WorkerNeeds | undefined {
  const parts: unknown = JSON.parse(text);
  if (!text.endsWith("}]")) return named(parts, { machine: {}, skillLevel: 0, batchKey: null });
  if (!Array.isArray(parts)) return undefined;
  const more: unknown = parts.pop();
  if (!extras.Check(more)) return undefined;
  const { machine = {}, level = 0, batch = null } = more;
  return named(parts, { machine, skillLevel: level, batchKey: batch });
}

/** The same without what its tasks can run together with. */
export function kindOf(text: string): string {
  if (!text.endsWith("}]")) return text;
  const parts: unknown = JSON.parse(text);
  if (!Array.isArray(parts)) return text;
  const more: unknown = parts.pop();
  if (!extras.Check(more) || more.batch === undefined) return text;
  const { machine, level } = more;
  const rest = {
    ...(machine === undefined ? {} : { machine }),
    ...(level === undefined ? {} : { level }),
  };
  return JSON.stringify(Object.keys(rest).length === 0 ? parts : [...parts, rest]);
}

function named(
  parts: unknown,
  more: Pick<WorkerNeeds, "machine" | "skillLevel" | "batchKey">,
): WorkerNeeds | undefined {
  if (!words.Check(parts)) return undefined;
  const [model, ...requiredSkills] = parts;
  return model === undefined ? undefined : { model, requiredSkills, ...more };
}
