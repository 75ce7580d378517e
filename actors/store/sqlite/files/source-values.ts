// Values as databases in the source schema have them, and as they are here. Pure.
//
// Times there are ISO texts (without a zone: UTC) or numbers of seconds; lists and objects are JSON texts.
import { Failure } from "#protocols/failure.ts";
import type { TaskParameters } from "#protocols/tasks/task-parameters.ts";

export type SourceRow = Readonly<Record<string, unknown>>;

export function text(row: SourceRow, column: string): string | null {
  const value = row[column];
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw wrong(row, column, "a text");
}

export function whole(row: SourceRow, column: string): number | null {
  const value = row[column];
  if (value === null || value === undefined) return null;
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw wrong(row, column, "a whole number");
}

const hasZone = /(Z|[+-]\d\d:?\d\d)$/i;

export function time(row: SourceRow, column: string): number | null {
  const value = row[column];
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "number") return Math.round(value < 1e11 ? value * 1_000 : value);
  const written = text(row, column)?.trim().replace(" ", "T") ?? "";
  const ms = Date.parse(hasZone.test(written) ? written : `${written}Z`);
  if (Number.isFinite(ms)) return ms;
  throw wrong(row, column, "a time like 2025-01-31T12:00:00");
}

/** Not below 0. */
export function real(row: SourceRow, column: string): number | null {
  const value = row[column];
  if (value === null || value === undefined) return null;
  const number = Number(value);
  if (Number.isFinite(number) && number >= 0) return number;
  throw wrong(row, column, "a number from 0");
}

export function list(row: SourceRow, column: string): readonly string[] {
  const value = json(row, column);
  if (value === null) return [];
  if (Array.isArray(value)) return value.map(String);
  throw wrong(row, column, "a JSON list of texts");
}

/** An object with plain values; what is not plain in it stays as JSON text. */
export function record(row: SourceRow, column: string): TaskParameters | null {
  const value = json(row, column);
  if (value === null) return null;
  const object = typeof value === "object" && !Array.isArray(value) ? value : { value };
  return Object.fromEntries(
    Object.entries(object).map(([name, part]) => [
      name,
      part !== null && typeof part === "object" ? JSON.stringify(part) : part,
    ]),
  );
}

function json(row: SourceRow, column: string): unknown {
  const written = text(row, column);
  if (written === null || written === "") return null;
  try {
    return JSON.parse(written);
  } catch {
    return written;
  }
}

export const wrong = (row: SourceRow, column: string, expected: string): Failure =>
  new Failure(
    "invalid",
    `${ownerOf(row)}: ${column} is ${JSON.stringify(row[column])}, not ${expected}; correct the source and import it again; nothing was imported`,
  );

const ownerOf = ({ task_id: task, node_id: node }: SourceRow): string =>
  task === undefined ? `node ${String(node)}` : `task ${String(task)}`;
