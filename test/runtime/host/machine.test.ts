import assert from "node:assert/strict";
import { availableParallelism, totalmem } from "node:os";
import { test } from "node:test";
import { cgroupLimits } from "#runtime/host/cgroup-limits.ts";
import { machine, usableCores } from "#runtime/host/machine.ts";

const files = (tree: Readonly<Record<string, string>>) => (path: string) => tree[path];
const none = Number.POSITIVE_INFINITY;

const cases: readonly {
  readonly name: string;
  readonly tree: Readonly<Record<string, string>>;
  readonly processors: number;
  readonly memoryBytes: number;
}[] = [
  {
    name: "a system without control groups has no limits",
    tree: {},
    processors: none,
    memoryBytes: none,
  },
  {
    name: "version 2: quota and memory of the own group",
    tree: {
      "/proc/self/cgroup": "0::/a/b\n",
      "/sys/fs/cgroup/a/b/cpu.max": "150000 100000\n",
      "/sys/fs/cgroup/a/b/memory.max": "1073741824\n",
    },
    processors: 1.5,
    memoryBytes: 1073741824,
  },
  {
    name: "version 2: a group above limits too, and `max` does not",
    tree: {
      "/proc/self/cgroup": "0::/a/b\n",
      "/sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/a/cpu.max": "50000 100000\n",
      "/sys/fs/cgroup/a/b/memory.max": "max\n",
    },
    processors: 0.5,
    memoryBytes: none,
  },
  {
    name: "version 2 in a container: the own group is the root of what is seen",
    tree: {
      "/proc/self/cgroup": "0::/\n",
      "/sys/fs/cgroup/cpu.max": "200000 100000\n",
      "/sys/fs/cgroup/memory.max": "4096\n",
    },
    processors: 2,
    memoryBytes: 4096,
  },
  {
    name: "version 1: quota over period, -1 means none",
    tree: {
      "/proc/self/cgroup": "4:memory:/x\n2:cpu,cpuacct:/x\n1:name=systemd:/x\n",
      "/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/memory/x/memory.limit_in_bytes": "8192\n",
    },
    processors: 3,
    memoryBytes: 8192,
  },
  {
    name: "nonsense in the files is no limit",
    tree: {
      "/proc/self/cgroup": "garbage\n0::/../../a\n::\n",
      "/sys/fs/cgroup/a/cpu.max": "many 0\n",
      "/sys/fs/cgroup/memory.max": "0\n",
    },
    processors: none,
    memoryBytes: none,
  },
];

for (const { name, tree, processors, memoryBytes } of cases) {
  test(name, () => assert.deepEqual(cgroupLimits(files(tree)), { processors, memoryBytes }));
}

test("a part of a processor counts as one, never as none", () => {
  const limits = (processors: number) => ({ processors, memoryBytes: none });
  assert.equal(usableCores(8, limits(none)), 8);
  assert.equal(usableCores(8, limits(1.5)), 2);
  assert.equal(usableCores(8, limits(0.2)), 1);
  assert.equal(usableCores(2, limits(6)), 2);
});

test("the machine is described with nothing above what the system has", () => {
  const { cores, memoryBytes, ...words } = machine();
  assert.ok(cores >= 1 && cores <= availableParallelism());
  assert.ok(memoryBytes > 0 && memoryBytes <= totalmem());
  for (const word of Object.values(words)) assert.ok(word.length > 0);
});
