// A command as the history kept it, as it was planned. Pure.

import { isControlCommand } from "#protocols/tasks/control-commands.ts";
import type { ControlRecord } from "#protocols/tasks/control-records.ts";
import type { PlannedCommand } from "./request-check.ts";

export function plannedIn(record: ControlRecord, wallMs: number): PlannedCommand {
  const { commandId, command, node, taskId } = record;
  return {
    commandId,
    kind: isControlCommand(command) ? { builtin: command } : { own: command },
    node,
    taskId,
    parameters: record.parameters ?? {},
    timeoutMs: Math.max(0, record.deadlineAt - wallMs),
    by: record.issuedBy ?? "",
  };
}
