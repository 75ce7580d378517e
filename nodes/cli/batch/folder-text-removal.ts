// `troupe remove-text FOLDER`: each picture of a folder without its text.
import path from "node:path";
import { type TextRemoval, textRemovalOrder } from "#protocols/outside/text-removal.ts";
import type { CommandPlace } from "../command.ts";
import { readPicture } from "../picture-file.ts";
import { agreedRemoval, type WantedRemoval } from "../text-removal-terms.ts";
import { type FolderOptions, workFolder } from "./folder-work.ts";
import type { PictureTask } from "./picture-repair.ts";
import { contentKey } from "./repair-terms.ts";

/** Fails with `invalid` and `not_found` for what was asked, `unavailable` when the cluster cannot. */
export async function removeTextInFolder(
  folder: string,
  options: FolderOptions & WantedRemoval,
  place: CommandPlace,
): Promise<void> {
  const work = {
    sources: [],
    leftOut: [],
    agree: async (client: Parameters<typeof agreedRemoval>[0]) => {
      const removal = await agreedRemoval(client, options);
      return async (name: string) => {
        const { bytes } = await readPicture(path.join(folder, name));
        return removalTask(name, bytes, removal);
      };
    },
  };
  await workFolder(folder, work, { options, place });
}

function removalTask(name: string, image: Uint8Array, removal: TextRemoval): PictureTask {
  const said = JSON.stringify(removal);
  return {
    order: { ...textRemovalOrder(removal), name: name.slice(-255) },
    files: { image },
    key: (generation) => contentKey("remove-text", { files: [image], said, generation }),
  };
}
