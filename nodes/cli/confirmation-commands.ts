// `troupe confirmations` and `troupe confirm`: what tasks ask people, and the answers.
import type { Command } from "commander";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import type { AddCommand } from "./command.ts";
import { GatewayClient, gatewayUrlDefault } from "./gateway-client.ts";
import { formatTable } from "./table.ts";

const Open = Type.Object({
  callbackId: Type.String(),
  taskId: Type.String(),
  userId: Type.String(),
  stepResult: Type.Record(Type.String(), Type.Unknown()),
  expiresAt: Type.Integer(),
  onTimeout: Type.String(),
});
const OpenList = Type.Object({
  confirmations: Type.Array(Open),
  /** Null: there are no more. A gateway of before says nothing. */
  next: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});
const validator = Compile(OpenList);

interface ListOptions {
  readonly url: string;
  readonly user?: string;
  readonly json?: true;
}

interface AnswerOptions {
  readonly url: string;
  readonly user?: string;
  readonly proceed?: true;
  readonly reject?: true;
  readonly feedback?: string;
}

const pageMax = "999";
const place = "Runs on the gateway's machine only.";

const addListCommand: AddCommand = ({ program, io }) => {
  program
    .command("confirmations")
    .description("show what tasks of a running cluster ask people")
    .option("--user <name>", "only what this user is asked")
    .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault)
    .option("--json", "print the answer as JSON")
    .addHelpText("after", `\n${place}\n\nExamples:\n  troupe confirmations --user ada`)
    .action(async ({ url, user, json }: ListOptions) => {
      const query = new URLSearchParams({
        limit: pageMax,
        ...(user === undefined ? {} : { user }),
      });
      const answer = await new GatewayClient(url).get(`api/v1/confirmations?${query}`);
      if (!validator.Check(answer)) {
        throw new Failure("invalid", `${url} does not answer like a gateway of Troupe`);
      }
      io.out(json ? `${JSON.stringify(answer, null, 2)}\n` : describe(answer, Date.now()));
    });
};

const addAnswerCommand: AddCommand = ({ program, io }) => {
  program
    .command("confirm")
    .description("answer what a task asks")
    .argument("<id>", "the question, as troupe confirmations shows it")
    .option("--proceed", "yes: the task goes on")
    .option("--reject", "no")
    .option("--feedback <text>", "what the task is told besides")
    .option("--user <name>", "as whom; default: as one who may answer for anybody")
    .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault)
    .addHelpText(
      "after",
      `\nThe first answer counts. ${place}\n\nExamples:\n  troupe confirm Xa3 --proceed --user ada\n  troupe confirm Xa3 --reject --feedback "not the title"`,
    )
    .action(async (id: string, options: AnswerOptions, command: Command) => {
      const { proceed = false, reject = false, feedback, user, url } = options;
      if (proceed === reject) {
        command.error("error: say one of the two: --proceed or --reject");
      }
      const who = user === undefined ? { scope: "confirm:any" } : { user };
      const said = feedback === undefined ? {} : { feedback };
      const path = `api/v1/confirmations/${encodeURIComponent(id)}`;
      await new GatewayClient(url).order(path, { ...who, proceed, ...said });
      io.out(`${id} was answered: ${proceed ? "proceed" : "reject"}\n`);
    });
};

export const addConfirmationCommands: AddCommand = (commandPlace) => {
  addListCommand(commandPlace);
  addAnswerCommand(commandPlace);
};

function describe({ confirmations, next = null }: Static<typeof OpenList>, nowMs: number): string {
  if (confirmations.length === 0) return "nothing is asked\n";
  const rows = confirmations.map((open) => [
    open.callbackId,
    open.userId,
    open.taskId,
    `${Math.max(0, Math.round((open.expiresAt - nowMs) / 1_000))} s, then ${open.onTimeout}`,
    String(open.stepResult.message ?? JSON.stringify(open.stepResult)).slice(0, 80),
  ]);
  const more = next === null ? "" : `\nthere are more than these ${rows.length}, the oldest\n`;
  return `${formatTable(["ID", "USER", "TASK", "OPEN FOR", "QUESTION"], rows)}\n${more}`;
}
