// One run of the tests: starts the runner in a session of its own, waits, and looks what is left.
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { availableParallelism, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { canTellProcesses, leftProcesses, runMark } from "./leftovers.ts";
import { type TestChoice, testChoice } from "./test-files.ts";
import { entryOf, testPlan } from "./test-plan.ts";

/**
 * Milliseconds that one test file, or a group of them, may take. What may hang has a limit of its own; this is
 * more than twice what the longest takes, the 500 worlds of tasks that `.ci/run` asks for, beside two others.
 */
const fileMsMax = 600_000;
/** Milliseconds that processes of a finished test have to end. */
const patienceMs = 2_000;
/** Test files at the same time: one more than cores, since many wait for clocks and processes. */
const concurrency = availableParallelism() + 1;

// ONNX Runtime would report its use to its maker, and write files for it.
const quiet = { ORT_DISABLE_TELEMETRY: "1" };

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs what the arguments ask for; answers the exit status. */
export async function runTests(args: readonly string[]): Promise<number> {
  const choice = testChoice(root, args);
  if ("help" in choice) {
    console.log(choice.help);
    return args.includes("--help") ? 0 : 2;
  }
  const folder = temporaryFolder();
  const mark = randomUUID();
  const environment = { ...process.env, ...quiet, TMPDIR: folder, [runMark]: mark };
  const runner = start(choice, { environment, entries: entriesOf(choice, folder) });
  const status = await statusOf(runner);
  const left = await remains({ mark, session: runner.pid ?? -1 }, folder);
  rmSync(folder, { recursive: true, force: true });
  for (const line of left) console.error(`left behind: ${line}`);
  if (left.length > 0) console.error("A test must end what it starts and remove what it writes.");
  return status === 0 && left.length > 0 ? 1 : status;
}

/** What Node.js is to run, in the order of its start. */
function entriesOf(choice: TestChoice, temporary: string): readonly string[] {
  const folder = join(temporary, groupsFolder);
  mkdirSync(folder);
  return testPlan(root, choice.files).map((group, index) =>
    entryOf(group, { root, folder, index }),
  );
}

function start(
  choice: TestChoice,
  {
    environment,
    entries,
  }: { readonly environment: NodeJS.ProcessEnv; readonly entries: readonly string[] },
): ChildProcess {
  const runner = [
    "--import",
    "#runtime/host/typescript-loader.mjs",
    join("test", "run", "node-test.ts"),
    ...[concurrency, fileMsMax].map(String),
    ...entries,
  ];
  const isMeasured = choice.coverage === "with-coverage";
  const args = isMeasured ? [...coverageArguments, process.execPath, ...runner] : runner;
  // Detached: a session of its own, by which its processes are found again.
  return spawn(process.execPath, args, {
    cwd: root,
    env: environment,
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
  });
}

const coverageArguments: readonly string[] = [
  join("node_modules", "c8", "bin", "c8.js"),
  "--all",
  ...["protocols", "runtime", "actors", "nodes"].flatMap((part) => [
    "--src",
    part,
    "--include",
    `${part}/**/*.ts`,
  ]),
  ...["nodes/page/**", "**/*.test.ts"].flatMap((part) => ["--exclude", part]),
  ...["text-summary", "lcov", "json-summary"].flatMap((reporter) => ["--reporter", reporter]),
];

/** The runner's status; a signal to us is passed on to all its processes. */
function statusOf(runner: ChildProcess): Promise<number> {
  const pass = (signal: NodeJS.Signals): void => {
    if (runner.pid !== undefined) process.kill(-runner.pid, signal);
  };
  process.on("SIGINT", pass);
  process.on("SIGTERM", pass);
  return new Promise((resolve, reject) => {
    runner.on("error", reject);
    runner.on("exit", (status) => {
      process.off("SIGINT", pass);
      process.off("SIGTERM", pass);
      resolve(status ?? 1);
    });
  });
}

/** A folder for this run, in which tsx still finds what it compiled before. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "troupe-test-"));
  const name = compiledName();
  const compiled = join(tmpdir(), name);
  if (existsSync(compiled)) symlinkSync(compiled, join(folder, name));
  return folder;
}

/** In the temporary folder: what imports the files of a group. */
const groupsFolder = "groups";

const compiledName = (): string => `tsx-${process.geteuid?.() ?? userInfo().username}`;

async function remains(
  run: { readonly mark: string; readonly session: number },
  folder: string,
): Promise<readonly string[]> {
  if (!canTellProcesses) console.error("leftover processes cannot be told on this system");
  const processes = canTellProcesses ? await leftProcesses(run, patienceMs) : [];
  for (const { pid } of processes) process.kill(pid, "SIGKILL");
  return [
    ...processes.map(
      ({ pid, command, listening }) => `process ${pid}, listening on ${listening}: ${command}`,
    ),
    ...readdirSync(folder)
      .filter((name) => name !== compiledName() && name !== groupsFolder)
      .map((name) => `file ${name} in the temporary folder`),
  ];
}
