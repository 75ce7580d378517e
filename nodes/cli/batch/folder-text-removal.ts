// `troupe remove-text FOLDER`: each picture of a folder without its text.
import path from "node:path";
import { type TextRemoval, textRemovalOrder } from "#protocols/outside/text-removal.ts";
import type { CommandPlace } from "../command.ts";
import type { GatewayClient } from "../gateway-client.ts";
import { readPicture } from "../picture-file.ts";
import { agreedRemoval, type WantedRemoval } from "../text-removal-terms.ts";
import { versionsOf } from "./agreed-terms.ts";
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
    agree: async (client: Pick<GatewayClient, "status" | "get">) => {
      const removal = await agreedRemoval(client, options);
      const models = [removal.detector, removal.model];
      const versions = await Promise.all(models.map((model) => versionsOf(client, model)));
      const said = JSON.stringify([removal, versions]);
      const taskOf = async (name: string) => {
        const { bytes } = await readPicture(path.join(folder, name));
        return removalTask({ name, image: bytes }, removal, said);
      };
      return { taskOf, models };
    },
  };
  await workFolder(folder, work, { options, place });
}

/** `said`: all that makes a difference beside the picture. */
function removalTask(
  { name, image }: { readonly name: string; readonly image: Uint8Array },
  removal: TextRemoval,
  said: string,
): PictureTask {
  return {
    order: { ...textRemovalOrder(removal), name: name.slice(-255) },
    files: { image },
    key: (generation) => contentKey("remove-text", { files: [image], said, generation }),
  };
}
