// The Log port on pino: one JSON object a line, or one readable line for a person at a terminal.
//
//   {"level":"info","time":"…Z","node":"worker-1","actor":"/workers/a","message":"…","fields":{…}}
//   12:34:56.789 info  worker-1 /workers/a  …  key=value
//
// Fields stand in an object of their own, so that none can pose as the level or the actor.
import { pino } from "pino";
import { Failure } from "#protocols/failure.ts";
import type { Clock, Log, LogLevel } from "#runtime/core/ports.ts";
import { type Printable, printable, printableText } from "./printable.ts";

export type LogForm = "json" | "pretty";

export interface JsonLogOptions {
  /** The node's name, on every line. */
  readonly node: string;
  readonly clock: Clock;
  /** Lines below it are dropped. */
  readonly level: LogLevel;
  readonly form: LogForm;
  /** Takes one line with its newline. */
  readonly write: (line: string) => void;
}

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/**
 * Level and form as the environment asks for them: `TROUPE_LOG_LEVEL` (default `info`) and
 * `TROUPE_LOG` (`json` or `pretty`; default pretty on a terminal). Fails with `invalid` for others.
 */
export function logChoice(
  environment: Readonly<Record<string, string | undefined>>,
  output: { readonly isTerminal: boolean },
): { readonly level: LogLevel; readonly form: LogForm } {
  const form = environment.TROUPE_LOG || (output.isTerminal ? "pretty" : "json");
  if (form !== "json" && form !== "pretty") {
    throw new Failure("invalid", `TROUPE_LOG is ${JSON.stringify(form)}; use json or pretty`);
  }
  const name = environment.TROUPE_LOG_LEVEL || "info";
  const level = levels.find((known) => known === name);
  if (!level) {
    throw new Failure(
      "invalid",
      `TROUPE_LOG_LEVEL is ${JSON.stringify(name)}; use one of ${levels.join(", ")}`,
    );
  }
  return { level, form };
}

/** A log on standard error, as the environment asks for it. Written before the call returns. */
export function standardLog(node: string, clock: Clock): Log {
  const output = pino.destination({ dest: 2, sync: true });
  return jsonLog({
    node,
    clock,
    ...logChoice(process.env, { isTerminal: process.stderr.isTTY === true }),
    write: (line) => output.write(line),
  });
}

export function jsonLog(options: JsonLogOptions): Log {
  return options.form === "json" ? jsonLines(options) : prettyLines(options);
}

function jsonLines(options: JsonLogOptions): Log {
  const { clock, level, node, write } = options;
  const logger = pino(
    {
      level,
      base: { node },
      messageKey: "message",
      timestamp: () => `,"time":"${new Date(clock.wall()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  return {
    write: (at, actor, message, fields) => {
      if (!logger.isLevelEnabled(at)) return;
      const line = fields === undefined ? { actor } : { actor, fields: printable(fields) };
      logger[at](line, "%s", printableText(message));
    },
  };
}

function prettyLines({ clock, level, node, write }: JsonLogOptions): Log {
  return {
    write: (at, actor, message, fields = {}) => {
      if (levels.indexOf(at) < levels.indexOf(level)) return;
      const time = new Date(clock.wall()).toISOString().slice(11, 23);
      const words = [time, at.padEnd(5), node, actor, "", oneLine(printableText(message))];
      write(`${[...words, ...pairs(printable(fields))].join(" ")}\n`);
    },
  };
}

function pairs(fields: Printable): readonly string[] {
  if (typeof fields !== "object" || fields === null) return [];
  return Object.entries(fields).map(([name, value]) =>
    oneLine(
      `${name}=${typeof value === "string" && /^\S+$/.test(value) ? value : JSON.stringify(value)}`,
    ),
  );
}

// Control characters could move a terminal's cursor, or fake a line.
const oneLine = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not pass.
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) =>
    character === "\n" ? "\\n" : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
