// Byte strings of any size in Redis: small ones stand in the record that names them, large ones in
// chunks of their own, which are uploaded before the commit that takes them up and vanish by
// themselves when it never comes. A checksum over the whole is checked on every read.
import { crc32 } from "node:zlib";
import type { Keyspace } from "./keyspace.ts";
import type { StoreKeys } from "./redis-store-keys.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";
import { corrupt } from "./sealed-record.ts";

export interface StoredBytes {
  readonly size: number;
  readonly crc32: number;
  /** Null when they stand in chunks. */
  readonly inline: Uint8Array | null;
  /** Under which the chunks are kept. */
  readonly id: string;
  readonly chunks: number;
}

export interface StoredFile {
  readonly name: string;
  readonly contentType: string;
  readonly stored: StoredBytes;
}

export class BytesShelf {
  readonly #keyspace: Keyspace;
  readonly #keys: StoreKeys;
  readonly #makeId: () => string;
  /** Where bytes that were read came from: written again unchanged, they stay where they are. */
  readonly #origins = new WeakMap<Uint8Array, StoredBytes>();

  constructor(keyspace: Keyspace, keys: StoreKeys, makeId: () => string) {
    this.#keyspace = keyspace;
    this.#keys = keys;
    this.#makeId = makeId;
  }

  store(bytes: Uint8Array): StoredBytes {
    const known = this.#origins.get(bytes);
    if (known) return known;
    const size = bytes.byteLength;
    const sum = crc32(bytes);
    if (size <= redisStoreLimits.inlineBytesMax) {
      return { size, crc32: sum, inline: bytes, id: "", chunks: 0 };
    }
    const id = this.#makeId();
    const { chunkBytes } = redisStoreLimits;
    const chunks = Math.ceil(size / chunkBytes);
    const whole = Buffer.from(bytes.buffer, bytes.byteOffset, size);
    for (let index = 0; index < chunks; index += 1) {
      // A copy: what the caller does with its bytes afterwards changes nothing here.
      const piece = Buffer.from(whole.subarray(index * chunkBytes, (index + 1) * chunkBytes));
      this.#keyspace.putChunk(this.#keys.chunk(id, index), piece);
    }
    return { size, crc32: sum, inline: null, id, chunks };
  }

  /** Asks for the chunks, so that several byte strings are fetched at once. */
  expect(stored: StoredBytes): void {
    for (const key of this.#chunkKeys(stored)) this.#keyspace.expect({ kind: "chunk", key });
  }

  /** Fails with `corrupt` when a piece is missing or the whole does not fit its checksum. */
  read(stored: StoredBytes, place: string): Uint8Array {
    this.expect(stored);
    const bytes = stored.inline ? Uint8Array.from(stored.inline) : this.#joined(stored, place);
    if (bytes.byteLength !== stored.size || crc32(bytes) !== stored.crc32) {
      throw corrupt(place, "its bytes fail their checksum");
    }
    this.#origins.set(bytes, stored);
    return bytes;
  }

  drop(stored: StoredBytes): void {
    for (const key of this.#chunkKeys(stored)) this.#keyspace.drop(key);
  }

  #joined(stored: StoredBytes, place: string): Buffer {
    const pieces = this.#chunkKeys(stored).map((key) => this.#keyspace.chunk(key));
    const whole = pieces.filter((piece) => piece !== undefined);
    if (whole.length < pieces.length) throw corrupt(place, "a piece of its bytes is missing");
    return Buffer.concat(whole);
  }

  #chunkKeys({ id, chunks }: StoredBytes): readonly string[] {
    return Array.from({ length: chunks }, (_none, index) => this.#keys.chunk(id, index));
  }
}
