// A node's capability and load, as tests have them registered.
import type { NodeCapabilities } from "#protocols/tasks/capability.ts";
import type { NodeLoad } from "#protocols/tasks/node.ts";

export const sampleCapability: NodeCapabilities = {
  hostname: "h",
  platform: "linux",
  arch: "x64",
  cores: 2,
  cpuModel: "c",
  memoryBytes: 9,
  diskBytes: 100,
  gpus: [],
  gpuReason: "nobody was asked",
  nodeVersion: "20",
  models: ["lama"],
  modelFiles: [],
  skills: [{ skill: "inpaint", level: 1, verifiedAt: null }],
  tags: [],
  slots: 3,
};

export const sampleLoad: NodeLoad = {
  cpuUsage: 0.25,
  memoryBytes: 5,
  eventLoopDelayMsP99: 1,
  eventLoopDelayMsMax: 2,
  machineCpuPercent: 25,
  machineMemoryPercent: 40,
  diskPercent: 50,
  crashesInMinute: 0,
};
