// How much was written to the log since it was last moved into the main file. Nobody tells the writer,
// so it estimates: so much for a commit, so much for each command, and the bytes of files. What a command
// costs is learnt whenever the log is moved, because then SQLite says how long it was. Pure.
import type { StoreCommand } from "../backend.ts";
import { filesBytes } from "./command-files.ts";

/** Pages that even the smallest commit writes: roots, and the newest leaf of each table and index. */
const commitBytes = 32 * 1024;
/** Of a command before anything was learnt, and how far that may be from the truth. */
const commandBytesAtFirst = 16 * 1024;
const commandBytesMin = 512;
const commandBytesMax = 64 * 1024;

export class LogGrowth {
  #commandBytes = commandBytesAtFirst;
  #commits = 0;
  #commands = 0;
  #filesBytes = 0;

  /** About so many bytes. */
  get bytes(): number {
    return this.#commits * commitBytes + this.#filesBytes + this.#commands * this.#commandBytes;
  }

  committed(commands: readonly StoreCommand[]): void {
    this.#commits += 1;
    this.#commands += commands.length;
    for (const command of commands) this.#filesBytes += filesBytes(command);
  }

  /** The log was moved; it was so long, if that is known. */
  moved(seenBytes: number | undefined): void {
    if (seenBytes !== undefined && this.#commands > 0) {
      const left = seenBytes - this.#commits * commitBytes - this.#filesBytes;
      const seen = left / this.#commands;
      this.#commandBytes = Math.min(commandBytesMax, Math.max(commandBytesMin, seen));
    }
    this.#commits = 0;
    this.#commands = 0;
    this.#filesBytes = 0;
  }
}
