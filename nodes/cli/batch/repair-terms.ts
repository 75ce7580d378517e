// What is asked of the cluster for each picture of a batch, and the key under which it is asked. The key
// is made of the content and of what makes a result of it, so that whoever asks again, after a crash too,
// gets the task that there is, and whoever asks after a new version was loaded gets a new one.
import { createHash } from "node:crypto";
import type { PictureTask } from "./picture-repair.ts";

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
  /** For those who look at the cluster's tasks. */
  readonly name: string;
  readonly image: Uint8Array;
  readonly mask: Uint8Array;
}

/** As the task of the type `inpaint` has them. */
const parametersFor = ({ strategy }: RepairTerms): Readonly<Record<string, string>> =>
  strategy === undefined ? {} : { hdStrategy: strategy };

export function repairTask(content: RepairContent, terms: RepairTerms): PictureTask {
  const { name, image, mask } = content;
  const { model, versions } = terms;
  const parameters = parametersFor(terms);
  const said = JSON.stringify([model, versions, parameters]);
  return {
    order: { type: "inpaint", model, parameters, name: name.slice(-255) },
    files: { image, mask },
    key: (generation) => contentKey("inpaint", { files: [image, mask], said, generation }),
  };
}

interface TaskContent {
  readonly files: readonly Uint8Array[];
  /** Whatever else makes a difference. */
  readonly said: string;
  readonly generation: number;
}

/** The same for the same content, whatever its files are called. */
export function contentKey(kind: string, { files, said, generation }: TaskContent): string {
  const hash = createHash("sha256");
  for (const bytes of files) hash.update(createHash("sha256").update(bytes).digest());
  hash.update(said);
  return `${kind}:${hash.digest("hex")}:${generation}`;
}
