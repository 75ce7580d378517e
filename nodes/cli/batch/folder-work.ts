// Work on a folder of pictures: checks what was asked for before anything is done, runs the batch, and
// tells how it went, by lines and by the exit code.

import { stat } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { Failure } from "#protocols/failure.ts";
import { makeFolders } from "#runtime/host/make-folders.ts";
import { pause } from "#runtime/host/pause.ts";
import type { CommandPlace } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { GatewayClient } from "../gateway-client.ts";
import { Interruption } from "../interruption.ts";
import { BatchDisplay } from "./batch-display.ts";
import { describeSummary, recordLine, summaryLine } from "./batch-report.ts";
import { type BatchOrder, runBatch, type TaskMaker } from "./batch-run.ts";
import { BatchTally } from "./batch-tally.ts";
import { FinishedFiles } from "./finished-file.ts";
import { OfferedModels } from "./offered-models.ts";
import type { PictureRecord } from "./picture-record.ts";
import { countPictures, type PictureWalk, pictureExtensions, realPlace } from "./picture-walk.ts";
import { ReportFile } from "./report-file.ts";

export interface FolderOptions {
  readonly out: string;
  readonly url: string;
  readonly recursive?: true;
  readonly concurrency?: number;
  readonly overwrite?: true;
  readonly failFast?: true;
  readonly json?: true;
  readonly report?: string;
}

/** What becomes of the pictures. */
export interface FolderWork {
  /** What is read beside the folder, where results may not come to stand. */
  readonly sources: readonly string[];
  /** Folders that hold no pictures of it. */
  readonly leftOut: readonly string[];
  /** Settles with the cluster how pictures become tasks, before the first is sent. */
  readonly agree: (client: GatewayClient) => Promise<AgreedWork>;
}

export interface AgreedWork {
  readonly taskOf: TaskMaker;
  /** That the tasks need. */
  readonly models: readonly string[];
}

const concurrencyDefault = 8;

/** Fails with `invalid` and `not_found` for what was asked, `unavailable` when the cluster is not there. */
export async function workFolder(
  folder: string,
  work: FolderWork,
  { options, place }: { readonly options: FolderOptions; readonly place: CommandPlace },
): Promise<void> {
  const client = new GatewayClient(options.url);
  await refuseMeeting(options, [folder, ...work.sources]);
  const walk: PictureWalk = {
    folder,
    depth: options.recursive ? "recursive" : "flat",
    leftOut: [options.out, ...work.leftOut],
  };
  const pictures = await countPictures(walk);
  if (pictures === 0) throw nothingIn(folder, options);
  const { taskOf, models } = await work.agree(client);
  makeOutFolder(options.out);
  const report = options.report === undefined ? undefined : ReportFile.open(options.report);
  try {
    const order: BatchOrder = {
      ...{ walk, taskOf, out: options.out },
      present: options.overwrite ? "overwritten" : "kept",
      concurrency: Math.min(options.concurrency ?? concurrencyDefault, pictures),
    };
    await run(order, { client, report, pictures, models }, { options, place });
  } finally {
    report?.close();
  }
}

interface Doors {
  readonly client: GatewayClient;
  readonly report: ReportFile | undefined;
  readonly pictures: number;
  readonly models: readonly string[];
}

async function run(
  order: BatchOrder,
  { client, report, pictures, models }: Doors,
  { options, place }: { readonly options: FolderOptions; readonly place: CommandPlace },
): Promise<void> {
  const { io, exitWith } = place;
  const interruption = new Interruption();
  const now = (): number => performance.now();
  const tally = new BatchTally({ pictures, nowMs: now() });
  const display = new BatchDisplay(io, () => tally.summary(now()));
  const lines = reportTo([
    ...(options.json ? [(line: string) => io.out(line)] : []),
    ...(report === undefined ? [] : [(line: string) => report.write(line)]),
  ]);
  const record = (one: PictureRecord): void => {
    tally.add(one);
    display.tell(one);
    lines(recordLine(one));
    if (one.status === "failed" && options.failFast) interruption.stop();
  };
  try {
    await runBatch(order, {
      ...{ client, signal: interruption.signal, now, record },
      files: new FinishedFiles(),
      offered: new OfferedModels(client, models, now),
      stop: () => interruption.stop(),
      troubled: (failure) => display.troubled(failure),
      pause: (ms) => pause(ms, interruption.signal),
    });
  } finally {
    interruption.over();
    display.end();
    const summary = tally.summary(now());
    const text = `${describeSummary(summary)}\n`;
    if (options.json) io.err(text);
    else io.out(text);
    if (summary.left > 0) io.err("The same command goes on from here.\n");
    if (summary.failed > 0) exitWith(exitCodes.partly);
    lines(summaryLine(summary));
  }
  const { exitCode } = interruption;
  if (exitCode !== undefined) exitWith(exitCode);
}

const reportTo =
  (sinks: readonly ((line: string) => void)[]): ((line: string) => void) =>
  (line) => {
    for (const sink of sinks) sink(line);
  };

/** Repaired pictures must not come to stand where pictures or masks are read. */
async function refuseMeeting(
  { out, recursive }: FolderOptions,
  sources: readonly string[],
): Promise<void> {
  const entry = await stat(out).catch(() => undefined);
  if (entry !== undefined && !entry.isDirectory()) {
    const [folder] = sources;
    throw new Failure("invalid", `--out ${out} is a file, and ${folder} a folder: name a folder`);
  }
  const place = await realPlace(out);
  for (const other of sources) {
    const read = await realPlace(other);
    const isWithin = recursive === true && read.startsWith(place.replace(/\/?$/, "/"));
    if (read !== place && !isWithin) continue;
    const what = isWithin ? "holds" : "is where";
    const detail = `--out ${out} ${what} ${other}${isWithin ? ", which is read" : " is read from"}`;
    throw new Failure("invalid", `${detail}: name another folder`);
  }
}

/** Before anything is sent: what comes back could not be kept. */
function makeOutFolder(out: string): void {
  try {
    makeFolders(out);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("invalid", `--out ${out} cannot be made a folder: ${why}`, cause);
  }
}

function nothingIn(folder: string, { recursive }: FolderOptions): Failure {
  const where = recursive ? "" : "; --recursive looks into its folders, too";
  const names = pictureExtensions.join(", ");
  return new Failure("not_found", `there is no picture in ${folder} (${names})${where}`);
}
