// The receiving end of the bulk lane: chunks become the byte arrays that they were cut from. Pure.
//
// An array is made when its message or its first chunk comes, whichever is first; its message may be
// decoded at once and is delivered when the array is full. Sizes come from the wire: what a peer may
// have unfinished at a time is bounded, and whoever goes beyond that is refused.
import { Failure } from "#protocols/failure.ts";
import type { FrameOf } from "#protocols/frames.ts";
import { limits } from "#protocols/limits.ts";
import { linkLimits } from "#protocols/link-limits.ts";

interface Assembly {
  readonly bytes: Buffer;
  filled: number;
  /** Whether a message has it. */
  isClaimed: boolean;
}

export class BulkAssembly {
  readonly #open = new Map<number, Assembly>();
  #bytes = 0;
  /** Every transfer up to this one has been begun: they come in order. */
  #lastBegun = 0;

  /** Of arrays that are not full. */
  get bytes(): number {
    return this.#bytes;
  }

  isComplete(transfer: number): boolean {
    const assembly = this.#open.get(transfer);
    return assembly === undefined || assembly.filled === assembly.bytes.length;
  }

  /** The array of a transfer, for its message. Fails with `invalid` when the wire contradicts itself. */
  claim(transfer: number, size: number): Buffer {
    const assembly = this.#of(transfer, size);
    if (assembly.isClaimed) throw new Failure("invalid", `two messages hold transfer ${transfer}`);
    assembly.isClaimed = true;
    this.#forgetIfDone(transfer, assembly);
    return assembly.bytes;
  }

  /** True when the array is full now. Fails with `invalid` when the wire contradicts itself. */
  put(chunk: FrameOf<"chunk">, bytes: Uint8Array): boolean {
    const assembly = this.#of(chunk.transfer, chunk.size);
    const end = chunk.offset + bytes.length;
    if (chunk.offset !== assembly.filled || end > chunk.size || bytes.length === 0) {
      const text = `a chunk of transfer ${chunk.transfer} is not the next: ${chunk.offset} to ${end}`;
      throw new Failure("invalid", `${text} of ${chunk.size}, ${assembly.filled} are there`);
    }
    assembly.bytes.set(bytes, chunk.offset);
    assembly.filled = end;
    if (end < chunk.size) return false;
    this.#bytes -= chunk.size;
    this.#forgetIfDone(chunk.transfer, assembly);
    return true;
  }

  #of(transfer: number, size: number): Assembly {
    const known = this.#open.get(transfer);
    if (known) {
      if (known.bytes.length === size) return known;
      throw new Failure("invalid", `transfer ${transfer} has two sizes`);
    }
    return this.#begin(transfer, size);
  }

  #begin(transfer: number, size: number): Assembly {
    if (transfer !== this.#lastBegun + 1) {
      throw new Failure("invalid", `transfer ${transfer} follows ${this.#lastBegun}`);
    }
    // As the sender's own bounds: it never has more than this on its way.
    if (size > limits.payloadBytesMax || this.#bytes + size > linkLimits.bulkBytesMax) {
      const text = `a transfer of ${size} bytes, while ${this.#bytes} are unfinished, is too much`;
      throw new Failure("invalid", text);
    }
    const assembly = { bytes: Buffer.allocUnsafeSlow(size), filled: 0, isClaimed: false };
    this.#open.set(transfer, assembly);
    this.#lastBegun = transfer;
    this.#bytes += size;
    return assembly;
  }

  #forgetIfDone(transfer: number, assembly: Assembly): void {
    if (assembly.isClaimed && assembly.filled === assembly.bytes.length) {
      this.#open.delete(transfer);
    }
  }
}
