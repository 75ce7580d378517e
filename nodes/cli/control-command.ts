// `troupe control`: issues a control command to a running cluster, by the same endpoint as any client.
import { randomUUID } from "node:crypto";
import { Option } from "commander";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { endpointKeyName } from "#actors/control/endpoint-terms.ts";
import { controlLimits } from "#protocols/control-limits.ts";
import { Failure } from "#protocols/failure.ts";
import { keyFile, loadKeyFile } from "#runtime/links/curve-keys.ts";
import { loadRegistry, registryFile } from "#runtime/links/key-registry-file.ts";
import type { AskerKeys } from "#runtime/links/zeromq-asker.ts";
import type { AddCommand } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";

const addressDefault = "tcp://127.0.0.1:7650";

const examples = `
Commands: PING, GET_NODE_STATUS, GET_NODE_METRICS, PAUSE_NODE, RESUME_NODE, RESTART_NODE, SHUTDOWN_NODE,
CANCEL_TASK, GET_CONFIG, UPDATE_CONFIG, CREATE_KEY, REVOKE_KEY, and those that actors of the cluster registered.
The exit code is 0 when the command was completed. docs/control.md tells what each does.

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

interface ControlOptions {
  readonly at: string;
  readonly node?: string;
  readonly task?: string;
  readonly parameter?: readonly string[];
  readonly id?: string;
  readonly timeout?: string;
  readonly key?: string;
  readonly keys?: string;
  readonly as?: string;
  readonly json?: true;
}

/** More than the channel needs to say that the command's time is over. */
const answerMarginMs = 2_000;

export const addControlCommand: AddCommand = ({ program, io, exitWith }) => {
  program
    .command("control")
    .description("issue a control command to a running cluster")
    .argument("<command>", "such as PING or PAUSE_NODE")
    .option("--at <address>", "the `control: bind` of the cluster's topology", addressDefault)
    .option("--node <name>", "the node that is meant")
    .option("--task <id>", "the task that is meant")
    .option("--parameter <name=value...>", "numbers, true and false are taken as such")
    .option("--id <id>", "of the command: the same id takes effect once (default: a new one)")
    .option("--timeout <ms>", "until it has failed", String(controlLimits.timeoutMsDefault))
    .addOption(
      new Option(
        "--key <key>",
        "where keys are asked for; others of this machine may see it here",
      ).env("TROUPE_CONTROL_KEY"),
    )
    .option("--keys <folder>", "of an endpoint with curve: the registry, and the secret of --as")
    .option("--as <name>", "the client whose key is used", "client")
    .option("--json", "print the answer as JSON")
    .addHelpText("after", examples)
    .action(async (command: string, options: ControlOptions) => {
      const answer = await issue(command, options);
      io.out(options.json ? `${JSON.stringify(answer, null, 2)}\n` : describeAnswer(answer));
      if (answer.status !== "completed") exitWith(exitCodes.failed);
    });
};

async function issue(command: string, options: ControlOptions): Promise<Answer> {
  const { at, node, task, id = randomUUID(), key, parameter = [] } = options;
  const timeoutMs = timeoutIn(options.timeout);
  const message = {
    command,
    commandId: id,
    timeoutMs,
    ...(node === undefined ? {} : { node }),
    ...(task === undefined ? {} : { taskId: task }),
    ...(parameter.length === 0 ? {} : { parameters: Object.fromEntries(parameter.map(pairIn)) }),
    ...(key === undefined ? {} : { key }),
  };
  // Loaded only here: other commands do without sockets.
  const { askDesk } = await import("#runtime/links/zeromq-asker.ts");
  const keys = askerKeys(options);
  const bytes = await askDesk({
    address: at,
    body: new TextEncoder().encode(JSON.stringify(message)),
    withinMs: timeoutMs + answerMarginMs,
    attemptsMax: controlLimits.attemptsMax,
    ...(keys === undefined ? {} : { keys }),
  });
  const answer = parsed(new TextDecoder().decode(bytes));
  if (validator.Check(answer)) return answer;
  throw new Failure("invalid", `${at} does not answer like a control channel of Troupe`);
}

function askerKeys({ keys: folder, as = "" }: ControlOptions): AskerKeys | undefined {
  if (folder === undefined) return undefined;
  const deskKeys = loadRegistry(registryFile(folder)).keysOf(endpointKeyName);
  if (deskKeys.length > 0) return { pair: loadKeyFile(keyFile(folder, as), as), deskKeys };
  const remedy = `troupe keys add --dir ${folder} --node ${endpointKeyName} --key 'PUBLIC KEY'`;
  const text = `${registryFile(folder)} does not say the key of the control endpoint: ${remedy}`;
  throw new Failure("not_found", text);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function timeoutIn(text = ""): number {
  const ms = Number(text);
  if (Number.isInteger(ms) && ms >= 1 && ms <= controlLimits.timeoutMsMax) return ms;
  const range = `1 to ${controlLimits.timeoutMsMax}`;
  throw new Failure("invalid", `--timeout ${text} is no number of milliseconds from ${range}`);
}

function pairIn(pair: string): [string, string | number | boolean] {
  const at = pair.indexOf("=");
  if (at < 1) throw new Failure("invalid", `--parameter ${pair}: write it as name=value`);
  const text = pair.slice(at + 1);
  return [pair.slice(0, at), scalarIn(text)];
}

function scalarIn(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) && text.length < 16 ? Number(text) : text;
}

function describeAnswer({ command, commandId, status, isReplay, response, error }: Answer): string {
  const again = isReplay ? ", before" : "";
  const head = `${command} ${status.replaceAll("_", " ")}${again} (${commandId})\n`;
  const why = error === null ? "" : `${error.code}: ${error.detail}\n`;
  return `${head}${why}${response === null ? "" : `${JSON.stringify(response, null, 2)}\n`}`;
}
