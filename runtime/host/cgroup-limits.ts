// What Linux control groups leave to this process. In a container the machine's processors and
// memory are not ours; the quota of our group, or of any group above it, is.
//
//   version 2   /sys/fs/cgroup/<group>/cpu.max                "150000 100000" or "max 100000"
//                                      memory.max             bytes or "max"
//   version 1   /sys/fs/cgroup/cpu/<group>/cpu.cfs_quota_us   -1: none, with cpu.cfs_period_us
//               /sys/fs/cgroup/memory/<group>/memory.limit_in_bytes
import { posix } from "node:path";

/** The text of a file, or undefined when there is none. */
export type ReadText = (path: string) => string | undefined;

export interface CgroupLimits {
  /** Processors' worth of time; a fraction is possible. Infinity without a limit. */
  readonly processors: number;
  /** Infinity without a limit. */
  readonly memoryBytes: number;
}

const mount = "/sys/fs/cgroup";

export function cgroupLimits(read: ReadText): CgroupLimits {
  const groups = (read("/proc/self/cgroup") ?? "").split("\n").map((line) => line.split(":"));
  let processors = Number.POSITIVE_INFINITY;
  let memoryBytes = Number.POSITIVE_INFINITY;
  for (const [, controllers = "", ...rest] of groups) {
    const group = rest.join(":");
    if (group === "") continue;
    const names = controllers.split(",");
    for (const folder of foldersUpwards(names.includes("cpu") ? `${mount}/cpu` : mount, group)) {
      processors = Math.min(processors, quota2(read, folder), quota1(read, folder));
    }
    for (const folder of foldersUpwards(
      names.includes("memory") ? `${mount}/memory` : mount,
      group,
    )) {
      const text = read(`${folder}/memory.max`) ?? read(`${folder}/memory.limit_in_bytes`);
      memoryBytes = Math.min(memoryBytes, positive(text));
    }
  }
  return { processors, memoryBytes };
}

/** The group's folder and all above it: each may limit. A container sees only its own part. */
function foldersUpwards(top: string, group: string): readonly string[] {
  const folders: string[] = [];
  // The path may lead out of the container's view ("/../x"): normalised, it ends at the root.
  for (let path = posix.normalize(`/${group}`); ; path = posix.dirname(path)) {
    folders.push(path === "/" ? top : `${top}${path}`);
    if (path === "/") return folders;
  }
}

function quota2(read: ReadText, folder: string): number {
  const [quota, period] = (read(`${folder}/cpu.max`) ?? "").trim().split(/\s+/);
  return positive(quota) / periodOf(period);
}

function quota1(read: ReadText, folder: string): number {
  return (
    positive(read(`${folder}/cpu.cfs_quota_us`)) / periodOf(read(`${folder}/cpu.cfs_period_us`))
  );
}

// "max", "-1", nothing and nonsense all mean: no limit.
function positive(text: string | undefined): number {
  const value = Number(text?.trim() || "none");
  return value > 0 ? value : Number.POSITIVE_INFINITY;
}

const periodMicroseconds = 100_000;

function periodOf(text: string | undefined): number {
  const value = Number(text?.trim());
  return value > 0 ? value : periodMicroseconds;
}
