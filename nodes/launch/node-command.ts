// The command that runs one node of a topology as a process of its own, from any folder.
import { fileURLToPath } from "node:url";
import { heapFlags } from "#runtime/host/heap-flags.ts";
import type { NodeCommand } from "./node-process.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const loader = import.meta.resolve("#runtime/host/typescript-loader.mjs");

/** For people: short lines, and only what needs them. For programs: everything, as JSON. */
const logEnvironment = {
  people: { TROUPE_LOG: "pretty", TROUPE_LOG_LEVEL: "warn" },
  programs: { TROUPE_LOG: "json", TROUPE_LOG_LEVEL: "info" },
} as const;

/** `TROUPE_LOG` and `TROUPE_LOG_LEVEL` of this process's environment win over `logFor`. */
export function nodeCommand(topology: {
  readonly file: string;
  readonly node: string;
  readonly logFor: keyof typeof logEnvironment;
}): NodeCommand {
  const log = logEnvironment[topology.logFor];
  return {
    file: process.execPath,
    args: [...heapFlags("node"), "--import", loader, main, "node", topology.file, topology.node],
    env: {
      TROUPE_LOG: process.env["TROUPE_LOG"] || log.TROUPE_LOG,
      TROUPE_LOG_LEVEL: process.env["TROUPE_LOG_LEVEL"] || log.TROUPE_LOG_LEVEL,
    },
  };
}
