// What the machine offers to this process, with the limits of its container taken into account.
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, hostname, totalmem } from "node:os";
import { type CgroupLimits, cgroupLimits } from "./cgroup-limits.ts";

export interface Machine {
  readonly hostname: string;
  readonly platform: string;
  readonly arch: string;
  /** Logical processors that this process may use, at least 1. */
  readonly cores: number;
  readonly cpuModel: string;
  /** Bytes of memory that this process may use. */
  readonly memoryBytes: number;
  readonly nodeVersion: string;
}

export function machine(): Machine {
  const limits = cgroupLimits(textOf);
  return {
    hostname: hostname(),
    platform: process.platform,
    arch: process.arch,
    cores: usableCores(availableParallelism(), limits),
    cpuModel: cpus()[0]?.model.trim() || "unknown",
    memoryBytes: Math.min(totalmem(), limits.memoryBytes),
    nodeVersion: process.versions.node,
  };
}

/** A quota of one and a half keeps two processors busy part of the time, so it counts as two. */
export const usableCores = (affinity: number, limits: CgroupLimits): number =>
  Math.max(1, Math.min(affinity, Math.ceil(limits.processors)));

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not Linux, or no such controller: then there is no limit to know of.
    return undefined;
  }
}
