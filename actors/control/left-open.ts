// A command as the history kept it, as it was planned. Pure. It is given its whole time again, as nobody
// but the store knows how much of it is left: there it ends at its deadline, and is not sent behind that.

import { controlCommands, isControlCommand } from "#protocols/tasks/control-commands.ts";
import type { ControlRecord } from "#protocols/tasks/control-records.ts";
import type { PlannedCommand } from "./request-check.ts";

export function plannedIn(record: ControlRecord): PlannedCommand {
  const { commandId, command, node, taskId } = record;
  return {
    commandId,
    kind: isControlCommand(command) ? { builtin: command } : { own: command },
    node,
    taskId,
    parameters: record.parameters ?? {},
    timeoutMs: Math.max(0, record.deadlineAt - record.issuedAt),
    by: record.issuedBy ?? "",
    isRead: isControlCommand(command) && controlCommands[command].scope === "read",
  };
}
