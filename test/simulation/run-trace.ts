// What happened in a run, line by line: as a hash, so that two runs can be compared, and its last
// lines, so that a failure can be read.
import { createHash } from "node:crypto";

/** Of all lines, and of those that are marked, the last so many are kept; older ones are dropped. */
const linesKept = 40;
const charactersPerUpdate = 32_768;

export class RunTrace {
  readonly #hash = createHash("sha256");
  readonly #all: string[] = [];
  readonly #marked: string[] = [];
  #pending = "";

  /** One of very many: a frame, a message. */
  note(nowMs: number, what: string): void {
    this.#add(`${nowMs.toFixed(3).padStart(10)} ${what}`);
  }

  /** One of those that tell the story: a fault, a process, a connection. */
  mark(nowMs: number, what: string): void {
    const line = `${nowMs.toFixed(3).padStart(10)} ${what}`;
    this.#add(line);
    keep(this.#marked, line);
  }

  get lastLines(): readonly string[] {
    return this.#all.slice(-linesKept);
  }

  get lastMarks(): readonly string[] {
    return this.#marked.slice(-linesKept);
  }

  /** SHA-256 of everything noted, in hex. */
  get digest(): string {
    this.#absorb();
    return this.#hash.copy().digest("hex");
  }

  #add(line: string): void {
    keep(this.#all, line);
    this.#pending += `${line}\n`;
    if (this.#pending.length >= charactersPerUpdate) this.#absorb();
  }

  #absorb(): void {
    this.#hash.update(this.#pending);
    this.#pending = "";
  }
}

function keep(lines: string[], line: string): void {
  lines.push(line);
  if (lines.length >= 2 * linesKept) lines.splice(0, linesKept);
}
