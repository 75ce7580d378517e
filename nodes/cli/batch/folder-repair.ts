// `troupe inpaint FOLDER`: each picture of a folder with its mask.
import path from "node:path";
import type { CommandPlace } from "../command.ts";
import { readPicture } from "../picture-file.ts";
import { agreedTerms, type WantedTerms } from "./agreed-terms.ts";
import { type FolderOptions, workFolder } from "./folder-work.ts";
import { maskFor, openMasks } from "./mask-source.ts";
import { repairTask } from "./repair-terms.ts";

export interface FolderRepairOptions extends FolderOptions, WantedTerms {
  readonly mask: string;
  readonly fitMask?: true;
}

type Fit = (image: Uint8Array, mask: Uint8Array) => Promise<Uint8Array>;

/** Fails with `invalid` and `not_found` for what was asked, `unavailable` when the cluster is not there. */
export async function repairFolder(
  folder: string,
  options: FolderRepairOptions,
  place: CommandPlace,
): Promise<void> {
  const masks = await openMasks(options.mask);
  const fit: Fit = options.fitMask
    ? (await import("./fitted-mask.ts")).fittedMask
    : (_, mask) => Promise.resolve(mask);
  const work = {
    sources: [options.mask],
    leftOut: masks.kind === "folder" ? [masks.folder] : [],
    agree: async (client: Parameters<typeof agreedTerms>[0]) => {
      const terms = await agreedTerms(client, options);
      const taskOf = async (name: string) => {
        const found = await maskFor(masks, name);
        if ("code" in found) return found;
        const { bytes: image } = await readPicture(path.join(folder, name));
        return repairTask({ name, image, mask: await fit(image, found.bytes) }, terms);
      };
      return { taskOf, models: [terms.model] };
    },
  };
  await workFolder(folder, work, { options, place });
}
