// Takes the pictures of a folder through the cluster, so many at a time, and no more than those are in
// memory. Each lane takes the next picture from the walk when its last one is done:
//
//   walk ──► lane 1: there already? task, repair, file ──► record
//        ──► lane 2: …
import { access } from "node:fs/promises";
import path from "node:path";
import { Failure } from "#protocols/failure.ts";
import { patienceMs } from "../patience.ts";
import { type FinishedFiles, isFinished } from "./finished-file.ts";
import type { MaskMissing } from "./mask-source.ts";
import type { OfferedModels } from "./offered-models.ts";
import { type PictureRecord, repairedRecord } from "./picture-record.ts";
import {
  type PictureEnding,
  type PictureTask,
  type RepairPorts,
  repairPicture,
} from "./picture-repair.ts";
import { type PictureWalk, type WalkedEntry, walkPictures } from "./picture-walk.ts";

/** What is asked of the cluster for the picture of that name, which it reads. */
export type TaskMaker = (picture: string) => Promise<PictureTask | MaskMissing>;

export interface BatchOrder {
  readonly walk: PictureWalk;
  readonly taskOf: TaskMaker;
  /** Where repaired pictures go, in folders as they came from. */
  readonly out: string;
  readonly present: "kept" | "overwritten";
  readonly concurrency: number;
}

export interface BatchPorts extends RepairPorts {
  readonly offered: Pick<OfferedModels, "confirm" | "isGone">;
  readonly files: FinishedFiles;
  readonly record: (record: PictureRecord) => void;
  /** Has `signal` aborted. */
  readonly stop: () => void;
}

interface LanePorts extends BatchPorts {
  /** Whether no lane has heard from it for as long as one waits. */
  readonly isClusterGone: () => boolean;
}

/**
 * Resolves when all pictures are done or the signal was aborted. Fails when going on is in vain: the
 * cluster is gone, nobody offers the model any more, or nothing can be written.
 */
export async function runBatch(order: BatchOrder, ports: BatchPorts): Promise<void> {
  const entries = walkPictures(order.walk);
  let answeredMs = ports.now();
  const lanePorts: LanePorts = {
    ...ports,
    troubled: (failure) => {
      if (failure === null) answeredMs = ports.now();
      ports.troubled(failure);
    },
    // Half of it: a lane gives up a little before its time is over.
    isClusterGone: () => ports.now() - answeredMs >= patienceMs / 2,
  };
  const lanes = Array.from({ length: order.concurrency }, () => runLane(entries, order, lanePorts));
  const ends = await Promise.allSettled(lanes);
  await entries.return();
  const broken = ends.find((end) => end.status === "rejected");
  if (broken) throw broken.reason;
}

async function runLane(
  entries: AsyncGenerator<WalkedEntry, void>,
  order: BatchOrder,
  ports: LanePorts,
): Promise<void> {
  try {
    while (!ports.signal.aborted) {
      const { value: entry } = await entries.next();
      if (entry === undefined) return;
      const record = await recordOf(entry, order, ports);
      if (record !== undefined) ports.record(record);
    }
  } catch (cause) {
    // What broke this lane would break the others, one picture later.
    ports.stop();
    throw cause;
  }
}

/** Undefined: stopped before its end. */
async function recordOf(
  entry: WalkedEntry,
  order: BatchOrder,
  ports: LanePorts,
): Promise<PictureRecord | undefined> {
  const { picture } = entry;
  if (entry.kind === "trouble") {
    return failed(picture, new Failure("not_found", `cannot read the folder: ${entry.why}`));
  }
  const name = outputName(picture);
  if (name !== picture && (await isThere(path.join(order.walk.folder, name)))) {
    const text = `its result would be ${name}, as that of the picture of this name; rename one`;
    return failed(picture, new Failure("conflict", text));
  }
  const out = path.join(order.out, name);
  if (order.present === "kept" && (await isFinished(out))) {
    return { status: "present", picture, out };
  }
  const ending = await endingOf(picture, order, ports).catch((cause: unknown) => Failure.of(cause));
  if (!(ending instanceof Failure)) {
    return ending.kind === "failed"
      ? failed(picture, ending)
      : kept({ picture, out }, ending, ports);
  }
  if (ports.signal.aborted) return undefined;
  const isInVain = ports.isClusterGone() || ports.offered.isGone;
  if (!ofThePicture.has(ending.code) && isInVain) throw ending;
  return failed(picture, ending);
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** What a picture, its mask or their names bring about. With all else the cluster may be gone. */
const ofThePicture: ReadonlySet<string> = new Set([
  "not_found",
  "invalid",
  "too_large",
  "bad_image",
  "conflict",
]);

async function endingOf(
  picture: string,
  order: BatchOrder,
  ports: RepairPorts,
): Promise<PictureEnding | MaskMissing> {
  const task = await order.taskOf(picture);
  return "code" in task ? task : repairPicture(task, ports);
}

/** Fails when nothing more can be written there. */
async function kept(
  place: { readonly picture: string; readonly out: string },
  ending: Extract<PictureEnding, { kind: "repaired" }>,
  { files }: LanePorts,
): Promise<PictureRecord> {
  try {
    await files.write(place.out, ending.repaired.bytes);
  } catch (cause) {
    const failure = Failure.of(cause);
    if (failure.code === "invalid") return failed(place.picture, failure);
    throw failure;
  }
  return repairedRecord(place, ending);
}

const failed = (
  picture: string,
  why: { readonly code: string; readonly detail: string; readonly task?: string },
): PictureRecord => {
  const { code, detail, task = null } = why;
  return { status: "failed", picture, code, detail: `${detail}${remedyFor(code)}`, task };
};

const remedyFor = (code: string): string =>
  code === "size_mismatch" ? ": draw it in the picture's size, or let --fit-mask stretch it" : "";

/** The answer has the format of the picture, but for one that can only be read, which becomes JPEG. */
export const outputName = (picture: string): string =>
  path.extname(picture).toLowerCase() === ".avif" ? `${picture}.jpg` : picture;
