// The files of a task: a list in its hash, of names and of where their bytes are (`stored-bytes.ts`).
import type { TaskFile } from "#protocols/tasks/task.ts";
import type { TaskRecord } from "../records.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";
import type { ShelfParts } from "./shelf-parts.ts";
import type { StoredBytes, StoredFile } from "./stored-bytes.ts";

const fields = { inputs: "i", results: "r" } as const;

export class TaskFiles {
  readonly #parts: ShelfParts;

  constructor(parts: ShelfParts) {
    this.#parts = parts;
  }

  inputs(task: TaskRecord): readonly TaskFile[] {
    return this.#read(task.taskId, fields.inputs);
  }

  results(task: TaskRecord): readonly TaskFile[] {
    return this.#read(task.taskId, fields.results);
  }

  putInputs(taskId: string, files: readonly TaskFile[]): void {
    this.#put(taskId, fields.inputs, files);
  }

  putResults(taskId: string, files: readonly TaskFile[]): void {
    this.#put(taskId, fields.results, files);
  }

  dropInputs(taskId: string): void {
    const { keys, keyspace } = this.#parts;
    const there = this.#hash(taskId).get(fields.inputs);
    if (!there) return;
    for (const stored of this.#bytesOf(there)) this.#parts.bytes.drop(stored);
    keyspace.dropField(keys.task(taskId), fields.inputs);
  }

  /** The bytes of inputs and results alike; their lists go with the task. */
  dropAllBytes(taskId: string): void {
    for (const field of [fields.inputs, fields.results]) {
      const there = this.#hash(taskId).get(field);
      if (there) for (const stored of this.#bytesOf(there)) this.#parts.bytes.drop(stored);
    }
  }

  /** Asks for the inputs of the first of these tasks, as far as they are known. */
  anticipateInputs(taskIds: readonly string[]): void {
    const { bytes, keys, keyspace } = this.#parts;
    let left: number = redisStoreLimits.sliceBytes;
    for (const taskId of taskIds) {
      const there = keyspace.isKnown(keys.task(taskId)) && this.#hash(taskId).get(fields.inputs);
      for (const stored of there ? this.#bytesOf(there) : []) {
        left -= stored.size;
        if (left < 0) return;
        bytes.expect(stored);
      }
    }
  }

  #read(taskId: string, field: string): readonly TaskFile[] {
    const { bytes, codecs } = this.#parts;
    const there = this.#hash(taskId).get(field);
    if (!there) return [];
    const place = this.#place(taskId, field);
    const { files } = codecs.files.open(there, place);
    for (const { stored } of files) bytes.expect(stored);
    return files.map(({ name, contentType, stored }) => ({
      name,
      contentType,
      bytes: bytes.read(stored, place),
    }));
  }

  #put(taskId: string, field: string, files: readonly TaskFile[]): void {
    const { bytes, codecs, keys, keyspace } = this.#parts;
    const stored = files.map((file): StoredFile => {
      const { name, contentType } = file;
      return { name, contentType, stored: bytes.store(file.bytes) };
    });
    const sealed = codecs.files.seal({ files: stored }, this.#place(taskId, field));
    keyspace.setField(keys.task(taskId), field, sealed);
  }

  #bytesOf(list: Buffer): readonly StoredBytes[] {
    return (this.#parts.codecs.files.salvage(list)?.files ?? []).map(({ stored }) => stored);
  }

  #hash(taskId: string): ReadonlyMap<string, Buffer> {
    return this.#parts.keyspace.hash(this.#parts.keys.task(taskId));
  }

  #place(taskId: string, field: string): string {
    return `${this.#parts.keys.task(taskId)} ${field}`;
  }
}
