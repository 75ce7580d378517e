// Reads files of which nothing is known yet. A pipe, a device or a folder in the place of a file is refused
// before it is read: reading it might never end, and would hold one of the few threads that read files.
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Failure } from "#protocols/failure.ts";

/** Fails with `invalid` for what is no file, `too_large` beyond `bytesMax`, and as `open` does. */
export async function readPlainText(path: string, bytesMax: number): Promise<string> {
  return withPlainFile(path, async (file, size) => {
    if (size > bytesMax) {
      throw new Failure("too_large", `${path} has ${size} bytes; at most ${bytesMax} are read`);
    }
    return file.readFile("utf8");
  });
}

/** `size`: in bytes. Fails with `invalid` for what is no file, and as `open` does. */
export async function withPlainFile<T>(
  path: string,
  use: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  // A pipe that nobody writes to would not even open otherwise.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const about = await file.stat();
    if (!about.isFile()) throw noFile(path);
    return await use(file, about.size);
  } finally {
    await file.close();
  }
}

export const noFile = (path: string): Failure =>
  new Failure("invalid", `${path} is a pipe, device or folder; put a file in its place`);
