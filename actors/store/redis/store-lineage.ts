// Whether the server still has all that it acknowledged, or is to be another store from now on; pure.
//
// The store notes which process served it last. The same process has kept everything. Another one has
// too, when it is the same server started again, wrote all to its disk before it answered, was never
// promoted from a replica, and has no fewer commits than somebody has seen. In all other cases fences
// that were given may be unknown here and be given again: a new epoch tells them apart.
import type { ServerHealth } from "./server-health.ts";

export const formatVersion = 1;

export interface Lineage {
  readonly format: number;
  readonly runId: string;
  readonly promotion: string;
}

export interface Recorded {
  readonly lineage: Lineage | undefined;
  readonly epoch: string | undefined;
  readonly commit: number | undefined;
}

const neverPromoted = /^0*@-1$/;

export function isSameStore(recorded: Recorded, health: ServerHealth, seenCommit: number): boolean {
  const { lineage, epoch, commit } = recorded;
  if (lineage === undefined || epoch === undefined || commit === undefined) return false;
  if (commit < seenCommit) return false;
  if (lineage.runId === health.runId) return lineage.promotion === health.promotion;
  return health.isSyncedAlways && neverPromoted.test(health.promotion);
}

export const lineageText = ({ runId, promotion }: ServerHealth): string =>
  [formatVersion, runId, promotion].join(" ");

/** Undefined when there is none, or none that can be read. */
export function parseLineage(text: string | undefined): Lineage | undefined {
  const [format, runId, promotion] = text?.split(" ") ?? [];
  if (format === undefined || runId === undefined || promotion === undefined) return undefined;
  return { format: Number(format), runId, promotion };
}
