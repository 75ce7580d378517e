// `troupe submit`: hands a running cluster a task of any type, as JSON, and waits for its end if asked to.
import { readFile } from "node:fs/promises";
import { Failure } from "#protocols/failure.ts";
import type { AddCommand } from "./command.ts";
import { GatewayClient, gatewayUrlDefault } from "./gateway-client.ts";
import { readPicture } from "./picture-file.ts";
import { awaitedTask } from "./task-waiting.ts";

const examples = `
The task is JSON, as POST /api/v1/tasks takes it: docs/http-api.md tells what it may say. What the cluster
answers is printed: the task as it was taken, or as it stands when the time to wait is over.

Examples:
  troupe submit task.json
  troupe submit task.json --input image=photograph.jpg --input mask=mask.png --wait 60
  troupe submit task.json --key order-17 --url http://127.0.0.1:9000`;

interface SubmitOptions {
  readonly input: readonly string[];
  readonly key?: string;
  readonly wait?: string;
  readonly url: string;
}

const collect = (word: string, before: readonly string[]): readonly string[] => [...before, word];

export const addSubmitCommand: AddCommand = ({ program, io }) => {
  program
    .command("submit")
    .description("hand a running cluster a task of any type")
    .argument("<task>", "file with the task as JSON")
    .option("--input <name=file>", "a file for the task; may be repeated", collect, [])
    .option("--key <key>", "idempotency key: who repeats it gets the same task")
    .option("--wait <seconds>", "wait so long, at most 60, for the task to end")
    .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault)
    .addHelpText("after", examples)
    .action(async (file: string, options: SubmitOptions) => {
      const wait = waitOf(options.wait);
      const client = new GatewayClient(options.url);
      const task = await readTask(file);
      const inputs = await Promise.all(options.input.map(readInput));
      const form = new FormData();
      form.append("task", task);
      for (const { name, bytes } of inputs) form.append(name, new Blob([bytes]), name);
      const taken = await client.submit(form, options.key);
      const awaited = { path: taken.task, waitSeconds: wait ?? 0 };
      const told = wait === undefined ? taken : await awaitedTask(client, awaited, io);
      io.out(`${JSON.stringify(told, null, 2)}\n`);
    });
};

function waitOf(word: string | undefined): number | undefined {
  if (word === undefined) return undefined;
  if (/^\d{1,2}$/.test(word) && Number(word) <= 60) return Number(word);
  throw new Failure("invalid", `--wait is ${word}: write seconds from 0 to 60`);
}

async function readTask(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("not_found", `cannot read ${file}: ${why}`, cause);
  });
}

async function readInput(word: string) {
  const [name = "", ...rest] = word.split("=");
  const file = rest.join("=");
  if (name !== "" && name !== "task" && file !== "") {
    return { name, bytes: (await readPicture(file)).bytes };
  }
  throw new Failure("invalid", `--input is ${word}: write NAME=FILE, with a name other than task`);
}
