// The log of a simulated task store on a simulated disk: for each commit its rows, and then a seal with
// their checksum. A commit without a fitting seal has not happened: what a crash leaves of the last one.
//
//   tasks/0000000041 rows │ seal     tasks/0000000042 rows │ (torn)
import { crc32 } from "node:zlib";
import type { Disk } from "#runtime/testkit/simulation/simulated-disk.ts";

export interface FoundLog {
  /** What was committed, in order. */
  readonly commits: readonly Uint8Array[];
  /** Commits whose rows were found without their seal. */
  readonly tornCount: number;
}

const prefix = "tasks/";

export class CommitLog {
  readonly #disk: Disk;
  #nextNumber = 1;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Fails with `store_failed` when the disk cannot be read. */
  async load(): Promise<FoundLog> {
    const keys = await this.#disk.keys(prefix);
    const parts = await Promise.all(keys.map((key) => this.#disk.read(key)));
    const found = new Map(keys.map((key, index) => [key, parts[index]]));
    const commits: Uint8Array[] = [];
    for (;;) {
      const { rows, seal } = keysOf(commits.length + 1);
      const bytes = found.get(rows);
      if (bytes === undefined || !fits(bytes, found.get(seal))) break;
      commits.push(bytes);
    }
    this.#nextNumber = commits.length + 1;
    const tornCount = keys.filter((key) => key >= keysOf(this.#nextNumber).rows).length;
    return { commits, tornCount };
  }

  /** Whether the newest commit that was tried is kept. Fails as `load` does. */
  async hasNewest(): Promise<boolean> {
    const { rows, seal } = keysOf(this.#nextNumber - 1);
    const [bytes, sealed] = await Promise.all([this.#disk.read(rows), this.#disk.read(seal)]);
    const isKept = bytes !== undefined && fits(bytes, sealed);
    if (!isKept) this.#nextNumber -= 1;
    return isKept;
  }

  /** Whether the disk takes anything at all. Fails with `store_failed` when it does not. */
  async probe(): Promise<void> {
    await this.#disk.write("probe", new Uint8Array(1));
  }

  /** Settles when it is durable. After a failure it may be or not: `hasNewest` tells. */
  async append(rows: Uint8Array): Promise<void> {
    const keys = keysOf(this.#nextNumber);
    this.#nextNumber += 1;
    await Promise.all([
      this.#disk.write(keys.rows, rows),
      this.#disk.write(keys.seal, sealOf(rows)),
    ]);
  }
}

function keysOf(number: number): { readonly rows: string; readonly seal: string } {
  const key = `${prefix}${String(number).padStart(10, "0")}`;
  return { rows: `${key} rows`, seal: `${key} seal` };
}

function sealOf(rows: Uint8Array): Uint8Array {
  const seal = new Uint8Array(4);
  new DataView(seal.buffer).setUint32(0, crc32(rows));
  return seal;
}

const fits = (rows: Uint8Array, seal: Uint8Array | undefined): boolean =>
  seal !== undefined && Buffer.compare(seal, sealOf(rows)) === 0;
