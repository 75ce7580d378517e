// The files of simulated tasks: what clients hand in and workers make, and what stands for them among the
// facts of the history.
import { createHash } from "node:crypto";
import type { TaskFile } from "#protocols/tasks/task.ts";

/** The steps of a task hand on this one. */
export const handedOn = "image";

/** By their number they are one or three, and the first of them is empty or tells whose it is. */
export function filesOf(owner: string, number: number): readonly TaskFile[] {
  const bytes = number % 4 === 3 ? new Uint8Array(0) : Buffer.from(`${owner} ${number}`);
  const image: TaskFile = { name: handedOn, contentType: "text/plain", bytes };
  if (number % 3 !== 2) return [image];
  const octets = Uint8Array.from({ length: 64 }, (_, index) => (index * 5 + number) % 256);
  const type = "application/octet-stream";
  return [
    image,
    { name: "mask", contentType: type, bytes: octets },
    { name: "blank", contentType: type, bytes: new Uint8Array(0) },
  ];
}

/** One text a file, which no other file has: its name, type and size, and what its bytes come to. */
export const digestsOf = (files: readonly TaskFile[]): readonly string[] =>
  files.map(({ name, contentType, bytes }) =>
    [name, contentType, bytes.byteLength, sha256Of(bytes)].join(" "),
  );

export const sha256Of = (bytes: string | Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex").slice(0, 16);
