// Asks the vendors' tools which graphics processors there are. A tool that is not installed, fails or
// hangs means none of that vendor, and the reason says so.
import { execFile } from "node:child_process";
import type { Gpu } from "#protocols/tasks/capability.ts";
import { amdGpus, nvidiaGpus } from "./gpu-output.ts";

export interface FoundGpus {
  readonly gpus: readonly Gpu[];
  /** What each tool said. */
  readonly reason: string;
}

interface Tool {
  readonly name: string;
  readonly args: readonly string[];
  readonly read: (text: string) => readonly Gpu[] | undefined;
}

const tools: readonly Tool[] = [
  {
    name: "nvidia-smi",
    args: ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"],
    read: nvidiaGpus,
  },
  {
    name: "rocm-smi",
    args: ["--showproductname", "--showmeminfo", "vram", "--showdriverversion", "--json"],
    read: amdGpus,
  },
];

/** A tool that takes longer is killed. */
const timeoutMs = 5_000;
const outputBytesMax = 1024 * 1024;
const reasonLengthMax = 400;

/** Takes as long as the slower tool, at most 5 s. `path`: where tools are looked for. */
export async function findGpus(path = process.env["PATH"] ?? ""): Promise<FoundGpus> {
  const found = await Promise.all(tools.map((tool) => ask(tool, path)));
  return {
    gpus: found.flatMap(({ gpus }) => gpus),
    reason: found.map(({ reason }) => reason).join("; "),
  };
}

function ask({ name, args, read }: Tool, path: string): Promise<FoundGpus> {
  const options = {
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    maxBuffer: outputBytesMax,
    env: { ...process.env, PATH: path },
  } as const;
  const none = (why: string): FoundGpus => ({
    gpus: [],
    reason: `${name} ${why}`.slice(0, reasonLengthMax),
  });
  return new Promise((resolve) => {
    execFile(name, args, options, (error, stdout, stderr) => {
      if (error?.code === "ENOENT") return resolve(none("is not installed"));
      if (error?.killed) return resolve(none(`did not answer within ${timeoutMs} ms`));
      // Which of the two a tool complains on is its own affair: nvidia-smi does so on the former.
      if (error) return resolve(none(`failed: ${(stderr || stdout || error.message).trim()}`));
      const gpus = read(stdout);
      if (!gpus) return resolve(none("printed what is not understood"));
      resolve({ gpus, reason: `${name} found ${gpus.length}` });
    });
  });
}
