// A folder of recordings of the original server, which may lie beside the repository. It keeps account of
// what was read, so that a test can tell what nobody looks at.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const golden = new URL("../../../../shared/golden/", import.meta.url);

export class RecordedFolder {
  /** Why the tests of it are skipped, or false. */
  readonly skip: string | false;
  readonly #folder: URL;
  readonly #read = new Set<string>();

  constructor(name: string) {
    this.#folder = new URL(`${name}/`, golden);
    this.skip = existsSync(this.#folder) ? false : "no recordings beside the repository";
  }

  path(file: string): string {
    this.#read.add(file);
    return fileURLToPath(new URL(file, this.#folder));
  }

  read(file: string): Buffer {
    return readFileSync(this.path(file));
  }

  /** Files that nobody has asked for so far. */
  unread(): readonly string[] {
    if (this.skip) return [];
    return readdirSync(this.#folder).filter((file) => !this.#read.has(file));
  }
}

/** The folders of recordings; none where there are no recordings. */
export const recordedFolders = (): readonly string[] =>
  existsSync(golden) ? readdirSync(golden) : [];
