// What waits and no worker that is there can run: a line for each kind of work, by queue, that which waits
// longest first, with what it needs and what the nearest worker lacks. Pure.
import { formatBytes, formatDuration } from "./figures.ts";
import type { StatusReport } from "./status-report.ts";
import { formatTable } from "./table.ts";

type Kind = NonNullable<NonNullable<StatusReport["queue"]>["unrunnable"]>[number];

const kindsMax = 16;
const lacksCharactersMax = 100;

/** No lines: all that waits can be run. */
export function unrunnableLines({ queue }: StatusReport): readonly string[] {
  const kinds = [...(queue?.unrunnable ?? [])].sort(byQueueThenAge);
  if (kinds.length === 0) return [];
  const table = formatTable(heads, kinds.slice(0, kindsMax).map(rowOf));
  const rest = kinds.length - kindsMax;
  const more = rest > 0 ? [`and ${rest} kinds of work more: troupe status --json`] : [];
  return ["", "no worker can run what waits here; add one that can, or cancel it:", table, ...more];
}

const byQueueThenAge = (a: Kind, b: Kind): number =>
  a.queue === b.queue ? b.forMs - a.forMs : a.queue < b.queue ? -1 : 1;

const heads = ["QUEUE", "MODEL", "NEEDS", "SEEN FOR", "FIRST TASK", "LACKING"];

const rowOf = (kind: Kind): readonly string[] => [
  kind.queue,
  kind.model,
  needsOf(kind).join(", ") || "-",
  formatDuration(kind.forMs),
  kind.taskId,
  brief(kind.lacks.join("; ")),
];

/** Beside the model. */
function needsOf({ requiredSkills, skillLevel, machine }: Kind): readonly string[] {
  const { arch, cores, diskBytes, gpuMemoryBytes, memoryBytes, platform } = machine;
  const least = skillLevel > 0 ? ` at ${skillLevel}` : "";
  return [
    ...new Set(requiredSkills.map((skill) => `${skill}${least}`)),
    ...(cores === undefined ? [] : [`${cores} ${cores === 1 ? "core" : "cores"}`]),
    ...bytesOf("memory", memoryBytes),
    ...bytesOf("disk", diskBytes),
    ...(gpuMemoryBytes === 0 ? ["a GPU"] : bytesOf("GPU memory", gpuMemoryBytes)),
    ...(platform === undefined ? [] : [platform]),
    ...(arch === undefined ? [] : [arch]),
  ];
}

const bytesOf = (what: string, bytes: number | undefined): readonly string[] =>
  bytes === undefined ? [] : [`${formatBytes(bytes)} of ${what}`];

function brief(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > lacksCharactersMax ? `${line.slice(0, lacksCharactersMax - 1)}…` : line;
}
