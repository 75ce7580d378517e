// Whether a request is a command that can be carried out, and by whom. Pure.
import { Compile } from "typebox/compile";
import { controlLimits } from "#protocols/control-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { ControlCaller, ControlRequest } from "#protocols/tasks/control.ts";
import {
  type ControlCommandName,
  type ControlScope,
  type ControlTarget,
  controlCommands,
  isControlCommand,
} from "#protocols/tasks/control-commands.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";
import { valueMisfit } from "#protocols/value-misfit.ts";
import { forbidden, mayIssue } from "./authorisation.ts";

/** A command with nothing left open. */
export interface PlannedCommand {
  readonly commandId: string;
  /** `own`: of a handler that registered. */
  readonly kind: { readonly builtin: ControlCommandName } | { readonly own: string };
  readonly node: string | null;
  readonly taskId: string | null;
  readonly parameters: TaskParameters;
  readonly timeoutMs: number;
  readonly by: string;
  /** It only looks: its id guards no effect. */
  readonly isRead: boolean;
}

export interface OwnCommand {
  readonly scope: ControlScope;
}

export const nameOf = ({ kind }: PlannedCommand): string =>
  "own" in kind ? kind.own : kind.builtin;

const parameterChecks = new Map(
  Object.entries(controlCommands).map(([name, { parameters: schema }]) => [
    name,
    { check: Compile(schema), schema },
  ]),
);

/** The command, or why it is refused. */
export function planCommand(
  request: ControlRequest & { readonly commandId: string },
  caller: ControlCaller,
  own: ReadonlyMap<string, OwnCommand>,
): PlannedCommand | Failure {
  const { command: name } = request;
  const registered = own.get(name);
  const builtin = isControlCommand(name) ? name : undefined;
  const scope = builtin ? controlCommands[builtin].scope : registered?.scope;
  // Who may not even look is not told which commands there are.
  if (!mayIssue(caller.scopes, scope ?? "read")) {
    return forbidden(name, caller.scopes, scope ?? "read");
  }
  const refusal = builtin
    ? (targetRefusal(request, controlCommands[builtin].target) ??
      parameterRefusal(name, request.parameters ?? {}))
    : registered
      ? undefined
      : unknownCommand(name, own);
  if (refusal) return refusal;
  return {
    commandId: request.commandId,
    kind: builtin ? { builtin } : { own: name },
    node: request.node ?? null,
    taskId: request.taskId ?? null,
    parameters: request.parameters ?? {},
    timeoutMs: request.timeoutMs ?? controlLimits.timeoutMsDefault,
    by: caller.by,
    isRead: scope === "read",
  };
}

function targetRefusal(
  { command, node, taskId }: ControlRequest,
  target: ControlTarget,
): Failure | undefined {
  const wantsNode = target === "node";
  const takesNode = wantsNode || target === "node_or_none";
  const takesTask = target === "task";
  if (wantsNode && node === undefined)
    return wrong(`${command} needs the name of a node: add node`);
  if (!takesNode && node !== undefined) return wrong(`${command} takes no node: remove it`);
  if (takesTask && taskId === undefined) return wrong(`${command} needs a task: add taskId`);
  if (!takesTask && taskId !== undefined) return wrong(`${command} takes no task: remove taskId`);
  return undefined;
}

function parameterRefusal(name: string, parameters: TaskParameters): Failure | undefined {
  const known = parameterChecks.get(name);
  if (!known || known.check.Check(parameters)) return undefined;
  const { check, schema } = known;
  const misfit = valueMisfit(check.Errors(parameters), parameters, schema);
  return wrong(`the parameters of ${name}: ${misfit}`);
}

function unknownCommand(name: string, own: ReadonlyMap<string, OwnCommand>): Failure {
  const known = [...Object.keys(controlCommands), ...own.keys()].join(", ");
  return new Failure("unknown_message", `there is no command ${name}; there are ${known}`);
}

const wrong = (text: string): Failure => new Failure("invalid", text);
