// Takes the pictures of a folder through the cluster, so many at a time, and no more than those are in
// memory. Each lane takes the next picture from the walk when its last one is done:
//
//   walk ──► lane 1: there already? mask, picture, repair, file ──► record
//        ──► lane 2: …
import path from "node:path";
import { Failure } from "#protocols/failure.ts";
import { readPicture } from "../picture-file.ts";
import { type FinishedFiles, isFinished } from "./finished-file.ts";
import { type MaskSource, maskFor } from "./mask-source.ts";
import { type PictureRecord, repairedRecord } from "./picture-record.ts";
import { type RepairPorts, repairPicture } from "./picture-repair.ts";
import { type PictureWalk, type WalkedEntry, walkPictures } from "./picture-walk.ts";
import type { RepairTerms } from "./repair-terms.ts";

export interface BatchOrder {
  readonly walk: PictureWalk;
  readonly masks: MaskSource;
  readonly fit: (image: Uint8Array, mask: Uint8Array) => Promise<Uint8Array>;
  /** Where repaired pictures go, in folders as they came from. */
  readonly out: string;
  readonly present: "kept" | "overwritten";
  readonly terms: RepairTerms;
  readonly concurrency: number;
}

export interface BatchPorts extends RepairPorts {
  readonly files: FinishedFiles;
  readonly record: (record: PictureRecord) => void;
  /** Has `signal` aborted. */
  readonly stop: () => void;
}

/**
 * Resolves when all pictures are done or the signal was aborted. Fails when going on is in vain: the
 * cluster is gone, or nothing can be written.
 */
export async function runBatch(order: BatchOrder, ports: BatchPorts): Promise<void> {
  const entries = walkPictures(order.walk);
  const lanes = Array.from({ length: order.concurrency }, () => runLane(entries, order, ports));
  const ends = await Promise.allSettled(lanes);
  await entries.return();
  const broken = ends.find((end) => end.status === "rejected");
  if (broken) throw broken.reason;
}

async function runLane(
  entries: AsyncGenerator<WalkedEntry, void>,
  order: BatchOrder,
  ports: BatchPorts,
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
  ports: BatchPorts,
): Promise<PictureRecord | undefined> {
  const { picture } = entry;
  if (entry.kind === "trouble") {
    const detail = `cannot read the folder: ${entry.why}`;
    return { status: "failed", picture, code: "not_found", detail, task: null };
  }
  const out = path.join(order.out, outputName(picture));
  if (order.present === "kept" && (await isFinished(out))) {
    return { status: "present", picture, out };
  }
  try {
    return await repaired({ picture, out }, order, ports);
  } catch (cause) {
    if (ports.signal.aborted) return undefined;
    const { code, detail } = Failure.of(cause);
    if (!ofThePicture.has(code)) throw cause;
    return { status: "failed", picture, code, detail, task: null };
  }
}

/** What a single picture, its mask or the gateway's answer to them brings about. */
const ofThePicture: ReadonlySet<string> = new Set([
  "not_found",
  "invalid",
  "too_large",
  "bad_image",
  "conflict",
]);

async function repaired(
  place: { readonly picture: string; readonly out: string },
  order: BatchOrder,
  ports: BatchPorts,
): Promise<PictureRecord> {
  const { picture, out } = place;
  const found = await maskFor(order.masks, picture);
  if ("code" in found) return { status: "failed", picture, ...found, task: null };
  const { bytes: image } = await readPicture(path.join(order.walk.folder, picture));
  const mask = await order.fit(image, found.bytes);
  const ending = await repairPicture({ name: picture, image, mask }, order.terms, ports);
  if (ending.kind === "failed") {
    const { code, detail, task } = ending;
    return { status: "failed", picture, code, detail: `${detail}${remedyFor(code)}`, task };
  }
  await ports.files.write(out, ending.repaired.bytes);
  return repairedRecord(place, ending);
}

const remedyFor = (code: string): string =>
  code === "size_mismatch" ? ": draw it in the picture's size, or let --fit-mask stretch it" : "";

/** The answer has the format of the picture, but for one that can only be read, which becomes JPEG. */
export const outputName = (picture: string): string =>
  path.extname(picture).toLowerCase() === ".avif" ? `${picture}.jpg` : picture;
