// What is asked of the cluster for each picture of a batch, and the key under which it is asked. The key
// is made of the content and of what makes a result of it, so that whoever asks again, after a crash too,
// gets the task that there is, and whoever asks after a new version was loaded gets a new one.
import { createHash } from "node:crypto";

/** Words that the cluster knows for large pictures; any other is refused before anything is sent. */
export const repairStrategies = ["Crop", "Resize", "Original"] as const;
export type RepairStrategy = (typeof repairStrategies)[number];

export interface RepairTerms {
  readonly model: string;
  /** Of the model, that the name means now; none when the cluster does not say. */
  readonly versions: readonly number[];
  /** undefined: as the cluster does when nothing is said. */
  readonly strategy: RepairStrategy | undefined;
}

export interface RepairContent {
  readonly image: Uint8Array;
  readonly mask: Uint8Array;
}

/** As the task of the type `inpaint` has them. */
export const parametersFor = ({ strategy }: RepairTerms): Readonly<Record<string, string>> =>
  strategy === undefined ? {} : { hdStrategy: strategy };

/**
 * `generation` counts from 1: a task that ended without a result for reasons that pass is asked for
 * again as a new one.
 */
export function repairKey(content: RepairContent, terms: RepairTerms, generation: number): string {
  const hash = createHash("sha256");
  for (const bytes of [content.image, content.mask]) {
    hash.update(createHash("sha256").update(bytes).digest());
  }
  hash.update(JSON.stringify([terms.model, terms.versions, parametersFor(terms)]));
  return `inpaint:${hash.digest("hex")}:${generation}`;
}
