// What a task asks of a machine: read from its type, its model, its parameters and the size of its pictures,
// by the first rule that fits it. Pure.
import { limits } from "#protocols/limits.ts";
import { type DemandRule, demandDefault } from "#protocols/tasks/demand-rules.ts";
import { bothDemands, type MachineDemand } from "#protocols/tasks/machine-demand.ts";
import { repairDefaults } from "#protocols/tasks/repair-defaults.ts";
import type { ResourceClass, ResourceDemand } from "#protocols/tasks/resource-demand.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { pixelsOf } from "./image-size.ts";

type Analysed = Pick<TaskSubmission, "type" | "model" | "parameters" | "inputs" | "machine">;

/** Memory is demanded in such steps, so that few kinds of work come of it; every machine has the first. */
const memoryStepBytes = 256 * 1024 * 1024;
/** Inputs of unknown kind from this size on are heavy work. */
const heavyBytesMin = 1024 * 1024;

const heavy: readonly ResourceClass[] = ["gpu", "cpu-heavy", "serverless"];
const light: readonly ResourceClass[] = ["cpu-light", "cpu-heavy", "gpu", "serverless"];

/** Types of plugins are written with their plugin's name: `plugin:watermark`. */
const isPlugin = (type: string): boolean => type === "plugin" || type.startsWith("plugin:");

export function demandOf(submission: Analysed, rules: readonly DemandRule[] = []): ResourceDemand {
  const rule = rules.find((one) => isFor(one, submission)) ?? {};
  const pixels = workPixels(submission);
  const cost = Math.max(1, Math.round((pixels ?? 0) / 1_000_000));
  const machine = bothDemands(submission.machine ?? {}, machineFor(rule, pixels));
  return { classes: classesOf(submission, rule, pixels), pixels, cost, machine };
}

/** A version is asked for as `name@2`. */
const isFor = ({ models, types }: DemandRule, { model, type }: Analysed): boolean =>
  (types === undefined || types.includes(type)) &&
  (models === undefined || models.includes(model) || models.includes(model.split("@")[0] ?? ""));

/** The memory of the model, and that of the picture. */
function machineFor(
  { bytesPerPixel = demandDefault.bytesPerPixel, machine = {} }: DemandRule,
  pixels: number | null,
): MachineDemand {
  const { memoryBytes = 0, ...others } = machine;
  const bytes = memoryBytes + (pixels ?? 0) * bytesPerPixel;
  if (bytes <= memoryStepBytes) return others;
  return { ...others, memoryBytes: Math.ceil(bytes / memoryStepBytes) * memoryStepBytes };
}

function classesOf(
  { type, inputs }: Analysed,
  { classes, heavyPixelsMin = demandDefault.heavyPixelsMin }: DemandRule,
  pixels: number | null,
): ResourceDemand["classes"] {
  if (classes !== undefined) return classes;
  if (isPlugin(type)) return ["plugin"];
  if (pixels !== null) return pixels >= heavyPixelsMin ? heavy : light;
  const bytes = inputs.reduce((sum, file) => sum + file.bytes.byteLength, 0);
  return bytes >= heavyBytesMin ? heavy : light;
}

/**
 * Of the largest picture; one that is made smaller first counts as what it is made. What says that it is larger
 * than any engine decodes counts as the largest that one does: of a few bytes comes no demand without bounds.
 */
function workPixels({ parameters, inputs }: Analysed): number | null {
  const sizes = inputs.flatMap(({ bytes }) => pixelsOf(bytes) ?? []);
  if (sizes.length === 0) return null;
  const largest = Math.min(Math.max(...sizes), limits.imagePixelsMax);
  const { hdStrategy, hdStrategyResizeLimit = repairDefaults.resizeLimit } = parameters;
  if (hdStrategy !== "Resize" || typeof hdStrategyResizeLimit !== "number") return largest;
  const side = Math.max(1, hdStrategyResizeLimit);
  return Math.min(largest, side * side);
}
