// Inputs and results of a task as rows: each row bears a checksum over its bytes, names and place.
import { Failure } from "#protocols/failure.ts";
import type { TaskFile } from "#protocols/tasks/task.ts";
import { checksum, storable } from "#runtime/stores/sqlite/checksum.ts";
import type { FileRow, Prepared } from "./prepared.ts";

/** Results are cut into rows of this size; inputs stay whole. */
const chunkBytesMax = 256 * 1024;

export function writeInputs(prepared: Prepared, taskId: string, files: readonly TaskFile[]): void {
  for (const [position, file] of files.entries()) {
    prepared.insertInput.run({
      taskId,
      ...rowOf(taskId, file, { position, chunk: 0 }, file.bytes),
    });
  }
}

export function writeResults(
  prepared: Prepared,
  owner: { readonly taskId: string; readonly fence: number },
  files: readonly TaskFile[],
): void {
  for (const [position, file] of files.entries()) {
    // A file without bytes has one chunk without bytes.
    const chunkCount = Math.max(1, Math.ceil(file.bytes.byteLength / chunkBytesMax));
    for (let chunk = 0; chunk < chunkCount; chunk += 1) {
      const bytes = file.bytes.subarray(chunk * chunkBytesMax, (chunk + 1) * chunkBytesMax);
      prepared.insertResult.run({
        ...owner,
        ...rowOf(owner.taskId, file, { position, chunk }, bytes),
      });
    }
  }
}

/** The files in order. Fails with `corrupt` when one is missing or its checksum does not hold. */
export function readFiles(
  taskId: string,
  rows: readonly FileRow[],
  expected: {
    readonly what: "input" | "result";
    readonly count: number;
    /** Of all files together; null where a file is one row. */
    readonly size: number | null;
  },
): readonly TaskFile[] {
  const files: { name: string; contentType: string; chunks: Uint8Array[] }[] = [];
  for (const row of rows) {
    checkRow(taskId, expected.what, row);
    const file = files[row.position];
    if (row.chunk === 0 && row.position === files.length) {
      files.push({ name: row.name, contentType: row.contentType, chunks: [row.data] });
    } else if (file && row.chunk === file.chunks.length && row.position === files.length - 1) {
      file.chunks.push(row.data);
    } else {
      throw corrupt(taskId, `a part of its ${expected.what} files is missing`);
    }
  }
  if (files.length !== expected.count) {
    throw corrupt(
      taskId,
      `${files.length} of its ${expected.count} ${expected.what} files are there`,
    );
  }
  const whole = files.map(({ name, contentType, chunks }) => ({
    name,
    contentType,
    bytes: joined(chunks),
  }));
  if (expected.size !== null && sizeOf(whole) !== expected.size) {
    throw corrupt(
      taskId,
      `${sizeOf(whole)} of its ${expected.size} ${expected.what} bytes are there`,
    );
  }
  return whole;
}

export const corrupt = (taskId: string, seen: string): Failure =>
  new Failure(
    "corrupt",
    `task ${taskId}: ${seen}; check the disk, and submit the task again or restore a backup`,
  );

export const sizeOf = (files: readonly TaskFile[]): number =>
  files.reduce((sum, file) => sum + file.bytes.byteLength, 0);

const rowOf = (
  taskId: string,
  file: TaskFile,
  place: { readonly position: number; readonly chunk: number },
  bytes: Uint8Array,
): FileRow => {
  const name = storable(file.name);
  const contentType = storable(file.contentType);
  const crc32 = checksum([taskId, place.position, place.chunk, name, contentType], bytes);
  return {
    ...place,
    name,
    contentType,
    crc32,
    data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  };
};

function checkRow(taskId: string, what: string, row: FileRow): void {
  const { position, chunk, name, contentType, data } = row;
  if (checksum([taskId, position, chunk, name, contentType], data) === row.crc32) return;
  throw corrupt(taskId, `${what} file ${position} ("${name}") fails its checksum`);
}

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
