// How durable a batch must be. A claim always syncs: its fence may never be given again. What may be
// lost with the power is a submission that asked for no more, and what the next heartbeat repeats.
import type { StoreAnswer, StoreCommand } from "../backend.ts";
import { isWrite } from "../perform.ts";

/** Whether its answer means that the change is on the disk. */
export function asksForSync(command: StoreCommand): boolean {
  switch (command.method) {
    case "submit":
      return command.args[0].ack !== "process";
    case "heartbeat":
      return false;
    case "progress":
      return command.args[0].checkpoint !== undefined;
    // Told anew soon: where a node stands, and what it measured.
    case "beatNode":
    case "recordMetrics":
      return false;
    default:
      return isWrite(command);
  }
}

/** The answer of a batch that was synced: whoever asked for less got more. */
export function reached(answer: StoreAnswer): StoreAnswer {
  if (answer.kind !== "done") return answer;
  const { value } = answer;
  if (value === null || typeof value !== "object" || !("kind" in value)) return answer;
  if (!("ack" in value) || value.kind !== "created" || value.ack === "durable") return answer;
  return { kind: "done", value: { ...value, ack: "durable" } };
}
