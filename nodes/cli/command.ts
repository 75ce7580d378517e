// What every command of `troupe` gets: its place in the program, and the terminal.
import type { Command } from "commander";
import type { CommandIo } from "./command-io.ts";

export interface CommandPlace {
  readonly program: Command;
  readonly io: CommandIo;
  /** Tells the exit code; 0 when it is never called. */
  exitWith(code: number): void;
}

export type AddCommand = (place: CommandPlace) => void;
