// The command that runs one node of a topology as a process of its own, from any folder.
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { NodeCommand } from "./node-process.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const settings = fileURLToPath(new URL("../../tsconfig.json", import.meta.url));

export function nodeCommand(topology: {
  readonly file: string;
  readonly node: string;
}): NodeCommand {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  return {
    file: process.execPath,
    args: ["--import", loader, main, "node", topology.file, topology.node],
    env: { TSX_TSCONFIG_PATH: settings },
  };
}
