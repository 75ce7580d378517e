// Nodes as tests introduce them and ask for them.
import type { NodeIntroduction } from "#protocols/tasks/node-records.ts";
import type { RecordFixture } from "./record-fixture.ts";

export const leaseMs = 10_000;
const described = { hostname: "box", platform: "linux", arch: "x64" } as const;

export const introduce = (
  fixture: RecordFixture,
  node: string,
  changes: Partial<NodeIntroduction> = {},
) => fixture.call("registerNode", { node, leaseMs, ...described, ...changes });

export const beat = (fixture: RecordFixture, node: string, changes: object = {}) =>
  fixture.call("beatNode", {
    node,
    incarnation: 1,
    leaseMs,
    runningTasks: 0,
    cpuPercent: 12.5,
    memoryPercent: 40,
    diskPercent: 3,
    ...changes,
  });

export const names = (nodes: readonly { readonly node: string }[]): string[] =>
  nodes.map(({ node }) => node);
export const statusOf = (fixture: RecordFixture, node: string) =>
  fixture.call("node", node)?.status;
export const skill = (name: string, level = 1) => ({ skill: name, level, verifiedAt: null });
