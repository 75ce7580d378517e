// The checkpoint that a command carries: of a report, or of the end of an attempt that another one follows.
import type { StoreCommand } from "./backend.ts";

export function carriedCheckpoint(command: StoreCommand): Uint8Array | undefined {
  switch (command.method) {
    case "progress":
      return command.args[0].checkpoint;
    case "fail":
      return command.args[0].reached?.checkpoint;
    case "confirmRequest": {
      const [{ checkpoint, reached }] = command.args;
      return checkpoint ?? reached?.checkpoint;
    }
    default:
      return undefined;
  }
}
