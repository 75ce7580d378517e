// How busy and how full the machine is, beside what this process uses of it.
import { existsSync, statfsSync } from "node:fs";
import { availableParallelism, cpus, freemem } from "node:os";
import { dirname } from "node:path";
import type { NodeLoad } from "#protocols/tasks/node.ts";

export type MachineFigures = Pick<
  NodeLoad,
  "machineCpuPercent" | "machineMemoryPercent" | "diskPercent"
>;

interface Ticks {
  readonly busy: number;
  readonly all: number;
}

/** Reads anew at each call; processors since the call before. */
export class MachineLoad {
  readonly #memoryBytes: number;
  readonly #folder: string;
  #ticks = ticksNow();
  #cpuPercent = 0;

  /** `memoryBytes`: what this process may use. `folder`: on the disk in question. */
  constructor(of: { readonly memoryBytes: number; readonly folder: string }) {
    this.#memoryBytes = of.memoryBytes;
    this.#folder = of.folder;
  }

  read(): MachineFigures {
    const { size, free } = diskOf(this.#folder);
    return {
      machineCpuPercent: this.#cpu(),
      machineMemoryPercent: percentOf(this.#memoryBytes - availableBytes(), this.#memoryBytes),
      diskPercent: percentOf(size - free, size),
    };
  }

  /** The kernel counts in steps of 10 ms; between two of them the last share stands. */
  #cpu(): number {
    const now = ticksNow();
    const all = now.all - this.#ticks.all;
    if (all < 10 * availableParallelism()) return this.#cpuPercent;
    this.#cpuPercent = percentOf(now.busy - this.#ticks.busy, all);
    this.#ticks = now;
    return this.#cpuPercent;
  }
}

/** Bytes of the file system that holds the folder, or is to hold it; 0 where that cannot be asked. */
export function diskOf(folder: string): { readonly size: number; readonly free: number } {
  try {
    const { blocks, bavail, bsize } = statfsSync(nearestFolder(folder));
    return { size: blocks * bsize, free: bavail * bsize };
  } catch {
    // Not every platform and file system tells; a disk of unknown size is never full.
    return { size: 0, free: 0 };
  }
}

function nearestFolder(folder: string): string {
  const above = dirname(folder);
  return existsSync(folder) || above === folder ? folder : nearestFolder(above);
}

/** With the limits of a container, where Node knows of them. */
const availableBytes = (): number => process.availableMemory?.() ?? freemem();

function ticksNow(): Ticks {
  let busy = 0;
  let all = 0;
  for (const { times } of cpus()) {
    const sum = times.user + times.nice + times.sys + times.irq + times.idle;
    all += sum;
    busy += sum - times.idle;
  }
  return { busy, all };
}

const percentOf = (part: number, whole: number): number =>
  whole <= 0 ? 0 : Math.min(100, Math.max(0, (part / whole) * 100));
