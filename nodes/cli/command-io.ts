// The doors of the command line to its terminal, so that a test can stand in for one. Whatever goes through
// is text, of whomever it is: the terminal obeys none of it.
import { visibleText } from "./visible-text.ts";

export interface CommandIo {
  /** Results: what a program that reads on may want. */
  out(text: string): void;
  /** Everything else: progress, logs, errors. */
  err(text: string): void;
  /** Takes the line away that was written there last and not ended; only a terminal can. */
  eraseLine?(): void;
  /** Whether the error side is a terminal, where a line can be rewritten. */
  readonly isTerminal: boolean;
  /** Characters a line of that terminal holds. */
  readonly columns: number;
}

export const processIo: CommandIo = {
  out: (text) => void process.stdout.write(visibleText(text)),
  err: (text) => void process.stderr.write(visibleText(text)),
  eraseLine: () => void process.stderr.write("\r\u001b[2K"),
  isTerminal: process.stderr.isTTY === true && process.env.TERM !== "dumb",
  get columns() {
    // A terminal that does not know its size says 0.
    return process.stderr.columns || 80;
  },
};
