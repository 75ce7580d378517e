// What the vendors' tools print about graphics processors. Pure: text in, GPUs out, or undefined for
// a text that is not theirs.
import type { Gpu } from "#protocols/tasks/capability.ts";

const MiB = 1024 * 1024;

/** Of `--query-gpu=name,memory.total,driver_version --format=csv,noheader,nounits`: a line each. */
export function nvidiaGpus(text: string): readonly Gpu[] | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const gpus = lines.map((line): Gpu | undefined => {
    const cells = line.split(",").map((cell) => cell.trim());
    const [driver = "", memory = "", ...name] = cells.reverse();
    // Memory that the processor shares with the machine is told as [N/A].
    const isShared = /^\[.*\]$/.test(memory);
    if (name.length === 0 || (!isShared && !/^\d+$/.test(memory))) return undefined;
    return {
      vendor: "nvidia",
      name: name.reverse().join(", "),
      memoryBytes: isShared ? 0 : Number(memory) * MiB,
      driver: driver || null,
    };
  });
  const known = gpus.filter((gpu) => gpu !== undefined);
  return known.length === gpus.length ? known : undefined;
}

/** Of `--showproductname --showmeminfo vram --showdriverversion --json`: an object for each card. */
export function amdGpus(text: string): readonly Gpu[] | undefined {
  const cards = mappingIn(text);
  if (!cards) return undefined;
  const system = cards["system"];
  const driver = isMapping(system) ? textOf(system, "Driver version") : undefined;
  return Object.entries(cards).flatMap(([key, card]) => {
    if (!/^card\d+$/.test(key) || !isMapping(card)) return [];
    const name = textOf(card, "Card Series") ?? textOf(card, "Card series") ?? key;
    const memoryBytes = Number(textOf(card, "VRAM Total Memory (B)") ?? Number.NaN);
    return [
      {
        vendor: "amd" as const,
        name,
        memoryBytes: Number.isSafeInteger(memoryBytes) && memoryBytes >= 0 ? memoryBytes : 0,
        driver: driver ?? null,
      },
    ];
  });
}

type Mapping = Readonly<Record<string, unknown>>;

function mappingIn(text: string): Mapping | undefined {
  try {
    // The tool puts warnings before the document.
    const value: unknown = JSON.parse(text.slice(Math.max(0, text.indexOf("{"))));
    return isMapping(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function textOf(mapping: Mapping, key: string): string | undefined {
  const value = mapping[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}
