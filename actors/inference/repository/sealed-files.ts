// Holds an engine to the files that were compared with a version's manifest: whoever swaps one afterwards
// swaps it in vain.
//
//   look ─► compare with the manifest ─► its fingerprint ─► engine: compare again, load, compare times
import { Failure } from "#protocols/failure.ts";
import { refuseOtherConfig, signatureOf, verifiedFiles } from "./version-files.ts";

export interface SealedFiles {
  /** Fails with `model_failed` when a file was written, replaced, added or removed since. */
  confirm(): Promise<void>;
}

export interface SealTerms {
  /** Of the files, as they were compared. */
  readonly fingerprint: string;
  /** The model's configuration as it was read for this load. */
  readonly config: { readonly file: string; readonly sha256: string };
}

/**
 * Reads all files of the version once more. Fails with `model_failed` when they are not those of this
 * fingerprint, or the configuration is not the one that the manifest names. What is loaded between this and `confirm` is what was read here: sizes, times and places
 * of all files are the same before and after.
 */
export async function sealedFiles(
  place: string,
  { fingerprint, config }: SealTerms,
): Promise<SealedFiles> {
  const signature = await signatureOf(place).catch((cause: unknown) => swapped(place, cause));
  const found = await verifiedFiles(place).catch((cause: unknown) => swapped(place, cause));
  if (found.fingerprint !== fingerprint) swapped(place);
  try {
    refuseOtherConfig(found, config);
  } catch (cause) {
    swapped(place, cause);
  }
  return {
    confirm: async () => {
      const now = await signatureOf(place).catch((cause: unknown) => swapped(place, cause));
      if (now !== signature) swapped(place);
    },
  };
}

function swapped(place: string, cause?: unknown): never {
  const what = `the files in ${place} are not those that were compared with the manifest any more`;
  const why = cause === undefined ? "" : ` (${Failure.of(cause).detail})`;
  const remedy = "put a new version beside the old one, or order a reload when all files are there";
  throw new Failure("model_failed", `${what}${why}: ${remedy}`, cause);
}
