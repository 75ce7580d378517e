// `troupe control`: issues a control command to a running cluster, by the same endpoint as any client.
import { randomUUID } from "node:crypto";
import { InvalidArgumentError } from "commander";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { controlLimits } from "#protocols/control-limits.ts";
import type { AddCommand } from "./command.ts";
import {
  addEndpointOptions,
  askEndpoint,
  type EndpointOptions,
  strangeEndpoint,
} from "./control-client.ts";
import { exitCodes } from "./exit-codes.ts";

const examples = `
Commands: PING, GET_NODE_STATUS, GET_NODE_METRICS, PAUSE_NODE, RESUME_NODE, RESTART_NODE, SHUTDOWN_NODE,
CANCEL_TASK, GET_CONFIG, UPDATE_CONFIG, CREATE_KEY, REVOKE_KEY, and those that actors of the cluster registered.
The exit code is 0 when the command was completed. docs/control.md tells what each does; troupe history
shows what was issued before.

Examples:
  troupe control PING
  troupe control GET_NODE_STATUS --node worker-1
  troupe control PAUSE_NODE --node worker-1
  troupe control PING --keys control-keys --as ada
  troupe control CANCEL_TASK --task 0197a0b2 --parameter reason="not needed any more"
  troupe control UPDATE_CONFIG --parameter layer=queue --parameter document='{"pendingMax":500}'`;

const Answer = Type.Object({
  commandId: Type.String(),
  command: Type.String(),
  status: Type.Enum(["completed", "failed", "timed_out", "refused"]),
  isReplay: Type.Boolean(),
  response: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
  error: Type.Union([
    Type.Object({ code: Type.String(), detail: Type.String(), isRetryable: Type.Boolean() }),
    Type.Null(),
  ]),
});
type Answer = Static<typeof Answer>;
const validator = Compile(Answer);

type Scalar = string | number | boolean;

interface ControlOptions extends EndpointOptions {
  readonly node?: string;
  readonly task?: string;
  readonly parameter?: Readonly<Record<string, Scalar>>;
  readonly id?: string;
  readonly timeout: number;
  readonly json?: true;
}

/** More than the channel needs to say that the command's time is over. */
const answerMarginMs = 2_000;

export const addControlCommand: AddCommand = ({ program, io, exitWith }) => {
  const command = program
    .command("control")
    .description("issue a control command to a running cluster")
    .argument("<command>", "such as PING or PAUSE_NODE");
  addEndpointOptions(command)
    .option("--node <name>", "the node that is meant")
    .option("--task <id>", "the task that is meant")
    .option("--parameter <name=value...>", "numbers, true and false are taken as such", pairIn)
    .option("--id <id>", "of the command: the same id takes effect once (default: a new one)")
    .option("--timeout <ms>", "until it has failed", timeoutIn, controlLimits.timeoutMsDefault)
    .option("--json", "print the answer as JSON")
    .addHelpText("after", examples)
    .action(async (named: string, options: ControlOptions) => {
      const answer = await issue(named, options);
      io.out(options.json ? `${JSON.stringify(answer, null, 2)}\n` : describeAnswer(answer));
      if (answer.status !== "completed") exitWith(exitCodes.failed);
    });
};

async function issue(command: string, options: ControlOptions): Promise<Answer> {
  const { node, task, id = randomUUID(), parameter, timeout: timeoutMs } = options;
  const message = {
    command,
    commandId: id,
    timeoutMs,
    ...(node === undefined ? {} : { node }),
    ...(task === undefined ? {} : { taskId: task }),
    ...(parameter === undefined ? {} : { parameters: parameter }),
  };
  const answer = await askEndpoint(options, message, timeoutMs + answerMarginMs);
  if (validator.Check(answer)) return answer;
  throw strangeEndpoint(options);
}

function timeoutIn(text: string): number {
  const ms = Number(text);
  if (Number.isInteger(ms) && ms >= 1 && ms <= controlLimits.timeoutMsMax) return ms;
  const range = `1 to ${controlLimits.timeoutMsMax}`;
  throw new InvalidArgumentError(`Write milliseconds from ${range}.`);
}

/** One more of them. */
function pairIn(
  pair: string,
  former: Readonly<Record<string, Scalar>> = {},
): Readonly<Record<string, Scalar>> {
  const at = pair.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Write it as name=value.");
  const entries = [...Object.entries(former), [pair.slice(0, at), scalarIn(pair.slice(at + 1))]];
  return Object.fromEntries(entries);
}

function scalarIn(text: string): Scalar {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) && text.length < 16 ? Number(text) : text;
}

function describeAnswer({ command, commandId, status, isReplay, response, error }: Answer): string {
  const again = isReplay ? ", before" : "";
  const head = `${command} ${status.replaceAll("_", " ")}${again} (${commandId})\n`;
  const why = error === null ? "" : `${error.code}: ${error.detail}\n`;
  return `${head}${why}${response === null ? "" : `${JSON.stringify(response, null, 2)}\n`}`;
}
