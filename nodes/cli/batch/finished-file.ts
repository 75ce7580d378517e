// Files that are whole or not there: written beside their place under another name, made durable, and
// then renamed. So a file of the right name is the sign that its picture is done, whatever ended the
// program. What a killed program left is swept away by the next one.

import { createHash, randomBytes } from "node:crypto";
import { open, opendir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { Failure } from "#protocols/failure.ts";
import { makeFolders } from "#runtime/host/make-folders.ts";

/** `.HASH.RANDOM.part`: short, since the name of a picture may be as long as names can be. */
const partPattern = /^\.[0-9a-f]{16}\.[0-9a-f]{12}\.part$/;

/**
 * A file is written within moments, so that nobody is at work on a part that is older. Whether its program
 * lives cannot be asked: it may run in another container, or on another machine.
 */
const partMsMax = 60_000;

const partName = (name: string): string => {
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 16);
  return `.${hash}.${randomBytes(6).toString("hex")}.part`;
};

export const isFinished = (file: string): Promise<boolean> =>
  stat(file).then(
    (entry) => entry.isFile() && entry.size > 0,
    () => false,
  );

/** Writes files into folders that it makes where they are missing. */
export class FinishedFiles {
  readonly #folders = new Map<string, Promise<void>>();

  /** Fails with `unavailable` when nothing can be written there, `invalid` when only this name cannot. */
  async write(file: string, bytes: Uint8Array): Promise<void> {
    const { dir, base } = path.parse(file);
    const part = path.join(dir, partName(base));
    try {
      await this.#prepared(dir);
      await writeDurably(part, bytes);
      await rename(part, file);
    } catch (cause) {
      await rm(part, { force: true }).catch(() => undefined);
      const why = cause instanceof Error ? cause.message : String(cause);
      const isOfTheName =
        cause instanceof Error && "code" in cause && cause.code === "ENAMETOOLONG";
      const code = isOfTheName ? "invalid" : "unavailable";
      throw new Failure(code, `cannot write ${file}: ${why}`, cause);
    }
  }

  #prepared(folder: string): Promise<void> {
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const prepared = prepare(folder);
    this.#folders.set(folder, prepared);
    prepared.catch(() => this.#folders.delete(folder));
    return prepared;
  }
}

async function prepare(folder: string): Promise<void> {
  makeFolders(folder);
  await sweepParts(folder);
}

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, "w");
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sweepParts(folder: string): Promise<void> {
  for await (const { name } of await opendir(folder)) {
    if (!partPattern.test(name)) continue;
    const part = path.join(folder, name);
    const entry = await stat(part).catch(() => undefined);
    if (entry && Date.now() - entry.mtimeMs > partMsMax) await rm(part, { force: true });
  }
}
