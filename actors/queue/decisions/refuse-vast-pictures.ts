// No machine is looked for to decode what no engine decodes: the head of a file of 40 bytes can claim more pixels
// than any machine has memory for, and such a task would wait for ever. All ways in come by here. Pure.
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import type { TaskSubmission } from "#protocols/tasks/task.ts";
import { workKinds } from "#protocols/tasks/work-kinds.ts";
import { pixelsOf } from "./image-size.ts";

/** Tasks of other types may be about anything: an input of theirs is no fault because it looks like a picture. */
const pictureTypes: ReadonlySet<string> = new Set(workKinds);

/** Fails with `bad_image` when an input of a task for pictures claims more than `limits.imagePixelsMax` pixels. */
export function refuseVastPictures({
  type,
  inputs,
}: Pick<TaskSubmission, "type" | "inputs">): void {
  if (!pictureTypes.has(type)) return;
  for (const { name, bytes } of inputs) {
    const pixels = pixelsOf(bytes) ?? 0;
    if (pixels <= limits.imagePixelsMax) continue;
    const seen = `the ${name} has ${pixels} pixels, as its first bytes say`;
    throw new Failure(
      "bad_image",
      `${seen}; at most ${limits.imagePixelsMax} are decoded: send a smaller one`,
    );
  }
}
