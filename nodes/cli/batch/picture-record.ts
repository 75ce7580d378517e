// What became of one picture of a batch: a line of the report.
import type { Repaired } from "../gateway-client.ts";

/** `picture` is relative to the folder; `out` is where the repaired one stands. */
export type PictureRecord =
  | {
      readonly status: "repaired";
      readonly picture: string;
      readonly out: string;
      readonly task: string;
      readonly node: string | null;
      readonly attempt: number | null;
      readonly queueMs: number | null;
      readonly runMs: number | null;
      readonly bytes: number;
    }
  | { readonly status: "present"; readonly picture: string; readonly out: string }
  | {
      readonly status: "failed";
      readonly picture: string;
      readonly code: string;
      readonly detail: string;
      /** null: it was not submitted. */
      readonly task: string | null;
    };

export function repairedRecord(
  place: { readonly picture: string; readonly out: string },
  { task, repaired }: { readonly task: string; readonly repaired: Repaired },
): PictureRecord {
  const { node, attempt, queueMs, runMs } = repaired.figures;
  const bytes = repaired.bytes.byteLength;
  return { status: "repaired", ...place, task, node, attempt, queueMs, runMs, bytes };
}
