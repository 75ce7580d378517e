// `troupe errors`: what went wrong with tasks of a running cluster, grouped; and who has seen to it.
import { Option } from "commander";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { failureClasses } from "#protocols/tasks/task-failure.ts";
import type { AddCommand } from "./command.ts";
import { GatewayClient, gatewayUrlDefault } from "./gateway-client.ts";
import { formatTable } from "./table.ts";
import { timeText } from "./time-text.ts";

const Report = Type.Object({
  groups: Type.Array(
    Type.Object({
      fingerprint: Type.String(),
      class: Type.String(),
      code: Type.String(),
      type: Type.String(),
      count: Type.Integer(),
      retried: Type.Integer(),
      lastAt: Type.Integer(),
      sample: Type.String(),
      taskIds: Type.Array(Type.String()),
      nodes: Type.Array(Type.String()),
      acknowledgedBy: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
  groupsTotal: Type.Integer(),
  missed: Type.Integer(),
  poisonTotal: Type.Integer(),
  budgets: Type.Array(
    Type.Object({
      queue: Type.String(),
      used: Type.Number(),
      left: Type.Number(),
      spentAt: Type.Union([Type.Integer(), Type.Null()]),
    }),
  ),
});
type Report = Static<typeof Report>;
const reportCheck = Compile(Report);

const Poison = Type.Object({
  tasks: Type.Array(
    Type.Object({
      taskId: Type.String(),
      at: Type.Integer(),
      queue: Type.String(),
      node: Type.Union([Type.String(), Type.Null()]),
      why: Type.String(),
    }),
  ),
});
type Poison = Static<typeof Poison>;
const poisonCheck = Compile(Poison);

const retryCheck = Compile(Type.Object({ taskId: Type.String(), isReplay: Type.Boolean() }));

interface ErrorOptions {
  readonly url: string;
  readonly class?: string;
  readonly queue?: string;
  readonly open?: true;
  readonly poison?: true;
  readonly acknowledge?: string;
  readonly by: string;
  readonly json?: true;
}

const examples = `
Failures that are alike make one group. An acknowledged group is open again when it happens again.

Examples:
  troupe errors
  troupe errors --class model --open
  troupe errors --poison
  troupe errors --acknowledge 3f9c2b11a0d4e587 --by anna`;

export const addErrorsCommand: AddCommand = ({ program, io }) => {
  program
    .command("errors")
    .description("show what went wrong with tasks of a running cluster")
    .addOption(
      new Option("--class <class>", "only failures of this class").choices([...failureClasses]),
    )
    .option("--queue <name>", "only of tasks of this queue")
    .option("--open", "only groups that nobody has acknowledged")
    .option("--poison", "tasks that none runs again, and why, instead")
    .option("--acknowledge <fingerprint>", "say that a group is seen to; its alert ends")
    .option("--by <name>", "who says so", "troupe")
    .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault)
    .option("--json", "print the answer as JSON")
    .addHelpText("after", examples)
    .action(async (options: ErrorOptions) => {
      io.out(await answerTo(new GatewayClient(options.url), options));
    });
};

interface RetryOptions {
  readonly url: string;
  readonly by: string;
}

export const addRetryCommand: AddCommand = ({ program, io }) => {
  program
    .command("retry")
    .description("submit a task anew that ended without a result")
    .argument("<task>", "the task")
    .option("--by <name>", "who wants it", "troupe")
    .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault)
    .addHelpText(
      "after",
      "\nThe new task names it as its parent. Asking twice makes one. Runs on the gateway's machine only.\n\nExamples:\n  troupe retry V1StGXR8Z5jdHi6B",
    )
    .action(async (task: string, { url, by }: RetryOptions) => {
      const path = `api/v1/retry/${encodeURIComponent(task)}`;
      const answer = await new GatewayClient(url).order(path, { by });
      if (!retryCheck.Check(answer)) throw strange(new GatewayClient(url));
      const { taskId, isReplay } = answer;
      io.out(`${task} ${isReplay ? "was tried again before" : "is tried again"} as ${taskId}\n`);
    });
};

async function answerTo(client: GatewayClient, options: ErrorOptions): Promise<string> {
  const { acknowledge, by, poison, json } = options;
  if (acknowledge !== undefined) {
    await client.order(`api/v1/errors/${encodeURIComponent(acknowledge)}`, { by });
    return `${acknowledge} is acknowledged until it happens again\n`;
  }
  if (poison) {
    const answer = await client.get("api/v1/poison");
    if (!poisonCheck.Check(answer)) throw strange(client);
    return json ? jsonText(answer) : describePoison(answer);
  }
  const answer = await client.get(`api/v1/errors?${queryOf(options)}`);
  if (!reportCheck.Check(answer)) throw strange(client);
  return json ? jsonText(answer) : describeErrors(answer);
}

const queryOf = ({ class: failureClass, queue, open }: ErrorOptions): URLSearchParams =>
  new URLSearchParams({
    ...(failureClass === undefined ? {} : { class: failureClass }),
    ...(queue === undefined ? {} : { queue }),
    ...(open ? { state: "open" } : {}),
  });

const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const strange = ({ url }: GatewayClient): Failure =>
  new Failure("invalid", `${url} does not answer like a gateway of Troupe`);

function describeErrors({ groups, groupsTotal, missed, poisonTotal, budgets }: Report): string {
  const rows = groups.map((group) => [
    group.fingerprint,
    group.class,
    group.code,
    group.type,
    group.count,
    group.retried,
    timeText(group.lastAt),
    group.acknowledgedBy ?? "",
    group.sample.replace(/\s+/g, " ").slice(0, 60),
  ]);
  const heads = ["GROUP", "CLASS", "CODE", "TYPE", "COUNT", "RETRIED", "LAST", "SEEN TO BY", "AS"];
  const table = rows.length === 0 ? "no failure fits" : formatTable(heads, rows);
  const spent = budgets.filter(({ left }) => left < 1).map(({ queue }) => queue);
  const notes = [
    `${groups.length} of ${groupsTotal} groups; ${poisonTotal} poison tasks (--poison lists them)`,
    ...(missed > 0 ? [`${missed} failures were forgotten before they were grouped`] : []),
    ...(spent.length > 0 ? [`budget of retries spent: ${spent.join(", ")}`] : []),
  ];
  return `${table}\n\n${notes.join("\n")}\n`;
}

function describePoison({ tasks }: Poison): string {
  if (tasks.length === 0) return "no task is poison\n";
  const rows = tasks.map(({ taskId, at, queue, node, why }) => [
    taskId,
    timeText(at),
    queue,
    node ?? "",
    why.slice(0, 100),
  ]);
  return `${formatTable(["TASK", "AT", "QUEUE", "NODE", "WHY"], rows)}\n`;
}
