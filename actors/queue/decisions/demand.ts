// What a task asks of a machine, read from its type, its parameters and the size of its pictures. Pure.
import { bothDemands, type MachineDemand } from "#protocols/tasks/machine-demand.ts";
import type { ResourceClass, ResourceDemand } from "#protocols/tasks/resource-demand.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { pixelsOf } from "./image-size.ts";

type Analysed = Pick<TaskSubmission, "type" | "parameters" | "inputs" | "machine">;

/** What a worker holds of each pixel at once: picture, mask and result, decoded. */
const bytesPerPixel = 16;
const everybodysBytes = 256 * 1024 * 1024;

/** Pictures from this size on are heavy work. */
const heavyPixelsMin = 1_000_000;
/** Inputs of unknown kind from this size on are heavy work. */
const heavyBytesMin = 1024 * 1024;

const heavy: readonly ResourceClass[] = ["gpu", "cpu-heavy", "serverless"];
const light: readonly ResourceClass[] = ["cpu-light", "cpu-heavy", "gpu", "serverless"];

/** Types of plugins are written with their plugin's name: `plugin:watermark`. */
const isPlugin = (type: string): boolean => type === "plugin" || type.startsWith("plugin:");

export function demandOf(submission: Analysed): ResourceDemand {
  const pixels = workPixels(submission);
  const cost = Math.max(1, Math.round((pixels ?? 0) / 1_000_000));
  const machine = bothDemands(submission.machine ?? {}, memoryOf(pixels));
  return { classes: classesOf(submission, pixels), pixels, cost, machine };
}

/** Nothing for pictures that every machine can hold. In steps, so that few kinds of work come of it. */
function memoryOf(pixels: number | null): MachineDemand {
  const bytes = (pixels ?? 0) * bytesPerPixel;
  if (bytes <= everybodysBytes) return {};
  return { memoryBytes: Math.ceil(bytes / everybodysBytes) * everybodysBytes };
}

function classesOf({ type, inputs }: Analysed, pixels: number | null): ResourceDemand["classes"] {
  if (isPlugin(type)) return ["plugin"];
  if (pixels !== null) return pixels >= heavyPixelsMin ? heavy : light;
  const bytes = inputs.reduce((sum, file) => sum + file.bytes.byteLength, 0);
  return bytes >= heavyBytesMin ? heavy : light;
}

/** Of the largest picture; one that is made smaller first counts as what it is made. */
function workPixels({ parameters, inputs }: Analysed): number | null {
  const sizes = inputs.flatMap(({ bytes }) => pixelsOf(bytes) ?? []);
  if (sizes.length === 0) return null;
  const largest = Math.max(...sizes);
  const { hdStrategy, hdStrategyResizeLimit: side } = parameters;
  const isResized = hdStrategy === "Resize" && typeof side === "number" && side >= 1;
  return isResized ? Math.min(largest, side * side) : largest;
}
