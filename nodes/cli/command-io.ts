// The doors of the command line to its terminal, so that a test can stand in for one.

export interface CommandIo {
  /** Results: what a program that reads on may want. */
  out(text: string): void;
  /** Everything else: progress, logs, errors. */
  err(text: string): void;
  /** Whether the error side is a terminal, where a line can be rewritten. */
  readonly isTerminal: boolean;
  /** Characters a line of that terminal holds. */
  readonly columns: number;
}

export const processIo: CommandIo = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true && process.env.TERM !== "dumb",
  get columns() {
    // A terminal that does not know its size says 0.
    return process.stderr.columns || 80;
  },
};
