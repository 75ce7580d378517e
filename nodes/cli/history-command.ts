// `troupe history`: the control commands that were issued in a running cluster, and what became of them.
import { InvalidArgumentError } from "commander";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { controlLimits } from "#protocols/control-limits.ts";
import { Failure } from "#protocols/failure.ts";
import { isFailureCode } from "#protocols/failure-codes.ts";
import type { AddCommand } from "./command.ts";
import {
  addEndpointOptions,
  askEndpoint,
  type EndpointOptions,
  strangeEndpoint,
} from "./control-client.ts";
import { formatDuration } from "./figures.ts";
import { formatTable } from "./table.ts";
import { timeText } from "./time-text.ts";

const TextOrNull = Type.Union([Type.String(), Type.Null()]);
const Record = Type.Object({
  commandId: Type.String(),
  command: Type.String(),
  node: TextOrNull,
  taskId: TextOrNull,
  issuedBy: TextOrNull,
  issuedAt: Type.Number(),
  finishedAt: Type.Union([Type.Number(), Type.Null()]),
  attempts: Type.Integer(),
  status: Type.String(),
  error: TextOrNull,
});
type Record = Static<typeof Record>;
const historyCheck = Compile(Type.Object({ history: Type.Array(Record) }));
const refusalCheck = Compile(
  Type.Object({ error: Type.Object({ code: Type.String(), detail: Type.String() }) }),
);

interface HistoryOptions extends EndpointOptions {
  readonly node?: string;
  readonly before?: number;
  readonly limit: number;
  readonly json?: true;
}

const answerWithinMs = 10_000;
const whyCharactersMax = 80;

const examples = `
Newest first. Commands that only look are among them; they are forgotten sooner. One that was refused was not
begun: the log of the control node tells of it.

Examples:
  troupe history
  troupe history --node worker-1 --limit 100
  troupe history --before 2026-11-22T12:00:00Z --json`;

export const addHistoryCommand: AddCommand = ({ program, io }) => {
  const command = program
    .command("history")
    .description("show the control commands that were issued in a running cluster");
  addEndpointOptions(command)
    .option("--node <name>", "only commands for this node")
    .option("--before <moment>", "only those issued earlier: as 2026-11-22T12:00:00Z", momentIn)
    .option("--limit <n>", `1 to ${controlLimits.historyPageMax}`, limitIn, 20)
    .option("--json", "print the answer as JSON")
    .addHelpText("after", examples)
    .action(async (options: HistoryOptions) => {
      const history = await historyOf(options);
      io.out(options.json ? `${JSON.stringify({ history }, null, 2)}\n` : describe(history));
    });
};

async function historyOf(options: HistoryOptions): Promise<readonly Record[]> {
  const { node = null, before, limit } = options;
  const message = { history: node, limit, ...(before === undefined ? {} : { before }) };
  const answer = await askEndpoint(options, message, answerWithinMs);
  if (historyCheck.Check(answer)) return answer.history;
  if (!refusalCheck.Check(answer)) throw strangeEndpoint(options);
  const { code, detail } = answer.error;
  throw new Failure(isFailureCode(code) ? code : "invalid", detail);
}

function limitIn(text: string): number {
  const limit = Number(text);
  const { historyPageMax } = controlLimits;
  if (Number.isInteger(limit) && limit >= 1 && limit <= historyPageMax) return limit;
  throw new InvalidArgumentError(`Write a number from 1 to ${historyPageMax}.`);
}

function momentIn(text: string): number {
  const ms = Date.parse(text);
  if (ms >= 0) return ms;
  throw new InvalidArgumentError("Write a moment like 2026-11-22T12:00:00Z.");
}

function describe(history: readonly Record[]): string {
  if (history.length === 0) return "no command fits\n";
  const heads = ["ISSUED", "COMMAND", "FOR", "BY", "STATUS", "TOOK", "SENT", "ID", "WHY"];
  const rows = history.map((record) => [
    timeText(record.issuedAt),
    record.command,
    [record.node, record.taskId].filter((named) => named !== null).join(" "),
    record.issuedBy ?? "",
    record.status.replaceAll("_", " "),
    record.finishedAt === null ? "" : formatDuration(record.finishedAt - record.issuedAt),
    record.attempts,
    record.commandId,
    (record.error ?? "").replace(/\s+/g, " ").slice(0, whyCharactersMax),
  ]);
  return `${formatTable(heads, rows)}\n`;
}
