// Inputs and results of tasks as rows: each bears a checksum over its bytes, names and place.
import type { Database, Statement } from "better-sqlite3";
import { Failure } from "#protocols/failure.ts";
import type { TaskFile } from "#protocols/tasks/task.ts";
import { checksum, storable } from "#runtime/stores/sqlite/checksum.ts";
import type { TaskRecord } from "../../records.ts";

export const fileStatements = {
  inputs: `SELECT position, 0 AS chunk, 0 AS fence, name, content_type AS contentType, crc32, data
    FROM task_inputs WHERE task_id = ? ORDER BY position`,
  insertInput: `INSERT INTO task_inputs (task_id, position, name, content_type, crc32, data)
    VALUES (?, ?, ?, ?, ?, ?)`,
  removeInputs: "DELETE FROM task_inputs WHERE task_id = ?",
  results: `SELECT position, chunk, fence, name, content_type AS contentType, crc32, data
    FROM results WHERE task_id = ? ORDER BY position, chunk`,
  insertResult: `INSERT INTO results (task_id, position, chunk, fence, name, content_type, crc32,
      data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  removeResults: "DELETE FROM results WHERE task_id = ?",
} as const;

/** Results are cut into rows of this size; inputs stay whole. */
const chunkBytesMax = 256 * 1024;

export interface FileRow {
  readonly position: number;
  readonly chunk: number;
  readonly fence: number;
  readonly name: string;
  readonly contentType: string;
  readonly crc32: number;
  readonly data: Uint8Array;
}

interface Expected {
  readonly what: "input" | "result";
  readonly count: number;
  readonly fence: number;
  /** Of all files together; null where a file is one row. */
  readonly size: number | null;
}

export class FileRows {
  readonly #inputs: Statement<[string], FileRow>;
  readonly #insertInput: Statement;
  readonly #removeInputs: Statement<[string]>;
  readonly #results: Statement<[string], FileRow>;
  readonly #insertResult: Statement;
  readonly #removeResults: Statement<[string]>;

  constructor(database: Database) {
    const sql = fileStatements;
    this.#inputs = database.prepare<[string], FileRow>(sql.inputs);
    this.#insertInput = database.prepare(sql.insertInput);
    this.#removeInputs = database.prepare<[string]>(sql.removeInputs);
    this.#results = database.prepare<[string], FileRow>(sql.results);
    this.#insertResult = database.prepare(sql.insertResult);
    this.#removeResults = database.prepare<[string]>(sql.removeResults);
  }

  inputs({ taskId, inputCount }: TaskRecord): readonly TaskFile[] {
    if (inputCount === 0) return [];
    const expected = { what: "input", count: inputCount, fence: 0, size: null } as const;
    return wholeFiles(taskId, this.#inputs.all(taskId), expected);
  }

  putInputs(taskId: string, files: readonly TaskFile[]): void {
    for (const [position, file] of files.entries()) {
      const { name, contentType, crc32 } = described(taskId, file, { position, chunk: 0 });
      this.#insertInput.run(taskId, position, name, contentType, crc32, file.bytes);
    }
  }

  removeInputs(taskId: string): void {
    this.#removeInputs.run(taskId);
  }

  results({ taskId, fence, resultCount, resultBytes }: TaskRecord): readonly TaskFile[] {
    if (resultCount === 0) return [];
    const expected = { what: "result", count: resultCount, fence, size: resultBytes } as const;
    return wholeFiles(taskId, this.#results.all(taskId), expected);
  }

  putResults(taskId: string, fence: number, files: readonly TaskFile[]): void {
    for (const [position, file] of files.entries()) {
      // A file without bytes has one chunk without bytes.
      const chunkCount = Math.max(1, Math.ceil(file.bytes.byteLength / chunkBytesMax));
      for (let chunk = 0; chunk < chunkCount; chunk += 1) {
        const bytes = file.bytes.subarray(chunk * chunkBytesMax, (chunk + 1) * chunkBytesMax);
        const place = { position, chunk };
        const { name, contentType, crc32 } = described(taskId, { ...file, bytes }, place);
        const values = [taskId, position, chunk, fence, name, contentType, crc32] as const;
        this.#insertResult.run(...values, bytes);
      }
    }
  }

  removeResults(taskId: string): void {
    this.#removeResults.run(taskId);
  }
}

/** The files in order. Fails with `corrupt` when one is missing or its checksum does not hold. */
function wholeFiles(
  taskId: string,
  rows: readonly FileRow[],
  expected: Expected,
): readonly TaskFile[] {
  const files: { name: string; contentType: string; chunks: Uint8Array[] }[] = [];
  const { what } = expected;
  for (const row of rows) {
    checkFile(taskId, row, expected);
    const file = files[row.position];
    if (row.chunk === 0 && row.position === files.length) {
      files.push({ name: row.name, contentType: row.contentType, chunks: [row.data] });
    } else if (file && row.chunk === file.chunks.length && row.position === files.length - 1) {
      file.chunks.push(row.data);
    } else {
      throw damaged(taskId, `a part of its ${what} files is missing`);
    }
  }
  if (files.length !== expected.count) {
    throw damaged(taskId, `${files.length} of its ${expected.count} ${what} files are there`);
  }
  const whole = files.map(({ name, contentType, chunks }) => {
    return { name, contentType, bytes: joined(chunks) };
  });
  const size = whole.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  if (expected.size !== null && size !== expected.size) {
    throw damaged(taskId, `${size} of its ${expected.size} ${what} bytes are there`);
  }
  return whole;
}

function described(
  taskId: string,
  file: TaskFile,
  { position, chunk }: { readonly position: number; readonly chunk: number },
) {
  const name = storable(file.name);
  const contentType = storable(file.contentType);
  const crc32 = checksum([taskId, position, chunk, name, contentType], file.bytes);
  return { name, contentType, crc32 };
}

function checkFile(taskId: string, row: FileRow, { what, fence }: Expected): void {
  const { position, chunk, name, contentType, data } = row;
  const values = [taskId, position, chunk, name, contentType];
  if (checksum(values, data) !== row.crc32) {
    throw damaged(taskId, `${what} file ${position} ("${name}") fails its checksum`);
  }
  if (row.fence !== fence) {
    throw damaged(taskId, `${what} file ${position} is of lease ${row.fence}, not of ${fence}`);
  }
}

const damaged = (taskId: string, seen: string): Failure =>
  new Failure(
    "corrupt",
    `task ${taskId}: ${seen}; check the disk, and submit the task again or restore a backup`,
  );

/** Bytes in a buffer of their own, so that they can be handed to another thread uncopied. */
function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks;
  if (first && chunks.length === 1 && first.byteLength === first.buffer.byteLength) {
    return new Uint8Array(first.buffer);
  }
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
