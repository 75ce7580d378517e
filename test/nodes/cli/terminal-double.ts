// Stands in for the terminal: keeps what a command writes, and runs commands in this process.
import type { CommandIo } from "#nodes/cli/command-io.ts";
import { runCommandLine } from "#nodes/cli/command-line.ts";

export class TerminalDouble implements CommandIo {
  readonly isTerminal: boolean;
  readonly columns = 80;
  outText = "";
  errText = "";

  constructor(kind: "pipe" | "terminal" = "pipe") {
    this.isTerminal = kind === "terminal";
  }

  out(text: string): void {
    this.outText += text;
  }
  err(text: string): void {
    this.errText += text;
  }
  eraseLine(): void {
    this.errText += "\r\u001b[2K";
  }
}

export interface CommandRun {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

export async function troupe(...words: readonly string[]): Promise<CommandRun> {
  const terminal = new TerminalDouble();
  const exitCode = await runCommandLine(words, terminal);
  return { exitCode, out: terminal.outText, err: terminal.errText };
}
