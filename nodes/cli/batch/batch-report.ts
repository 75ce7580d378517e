// How a batch goes on and how it ended, for people; as JSON lines for programs.
import { formatDuration } from "../figures.ts";
import { formatBar } from "../progress-line.ts";
import { formatTable } from "../table.ts";
import { type BatchSummary, remainingMs } from "./batch-tally.ts";
import type { PictureRecord } from "./picture-record.ts";

/** `[####----------------] 120/5000, 3 failed, 12.3/s, 6 min 40 s left` */
export function describeProgress(summary: BatchSummary): string {
  const { pictures, repaired, present, failed } = summary;
  return [
    formatBar(repaired + present + failed, Math.max(pictures, repaired + present + failed)),
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...paceOf(summary),
  ].join(", ");
}

function paceOf(summary: BatchSummary): readonly string[] {
  const left = remainingMs(summary);
  if (left === null) return [];
  const pace = `${summary.rate.toFixed(summary.rate < 10 ? 1 : 0)}/s`;
  return summary.left === 0 ? [pace] : [pace, `${formatDuration(left)} left`];
}

/** A line for a picture that failed; undefined for others, of which the bar tells. */
export const describeRecord = (record: PictureRecord): string | undefined =>
  record.status === "failed"
    ? oneLine(`${record.picture}: ${record.code}: ${record.detail}`)
    : undefined;

const exampleCharactersMax = 100;

/** A table of what became of the pictures, and one of the failures if there are some. */
export function describeSummary(summary: BatchSummary): string {
  const { pictures, repaired, present, failed, left, failures, elapsedMs, rate } = summary;
  const heads = ["PICTURES", "REPAIRED", "PRESENT", "FAILED", "LEFT", "TIME", "PER SECOND"];
  const row = [pictures, repaired, present, failed, left, formatDuration(elapsedMs)];
  const table = formatTable(heads, [[...row, rate.toFixed(1)]]);
  if (failures.length === 0) return table;
  const rows = failures.map(({ code, count, picture, detail }) => {
    const example = oneLine(`${picture}: ${detail}`);
    return [code, count, example.slice(0, exampleCharactersMax)];
  });
  return `${table}\n\n${formatTable(["FAILURE", "COUNT", "AS"], rows)}`;
}

export const recordLine = (record: PictureRecord): string => `${JSON.stringify(record)}\n`;

export const summaryLine = (summary: BatchSummary): string => `${JSON.stringify({ summary })}\n`;

/** Names of files may hold anything, what commands a terminal too. */
const oneLine = (text: string): string => text.replace(/\s+|\p{Cc}/gu, " ").trim();
