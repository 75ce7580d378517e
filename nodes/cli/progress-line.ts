// One line that is rewritten while something goes on, with other lines coming out above it.
// Without a terminal there is no such line: what matters is told by lines of its own.
import type { CommandIo } from "./command-io.ts";

export class ProgressLine {
  readonly #io: CommandIo;
  #text = "";

  constructor(io: CommandIo) {
    this.#io = io;
  }

  /** Replaces the line; an empty text takes it away. */
  show(text: string): void {
    if (!this.#io.isTerminal || text === this.#text) return;
    this.#erase();
    this.#io.err(this.#fit(text));
    this.#text = text;
  }

  /** A line that stays, above the one that is rewritten. */
  print(line: string): void {
    this.#erase();
    this.#io.err(`${line}\n${this.#fit(this.#text)}`);
  }

  #erase(): void {
    if (this.#text !== "") this.#io.eraseLine?.();
  }

  /** A line that wraps could not be erased. */
  #fit(text: string): string {
    const room = Math.max(10, this.#io.columns - 1);
    return text.length > room ? `${text.slice(0, room - 1)}…` : text;
  }
}

/** `[#######-------] 2/4` */
export function formatBar(done: number, all: number): string {
  const width = 20;
  const filled = all === 0 ? width : Math.round((done / all) * width);
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}] ${done}/${all}`;
}
