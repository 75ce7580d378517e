// One plain value to bytes and back, for what is kept: each value stands alone, so that it can be
// read without its neighbours. The same data as in messages, and the same limits, but no refs: what
// is kept outlives the actors that it would point to.
import { Packr } from "msgpackr";
import { Failure } from "./failure.ts";
import { limits } from "./limits.ts";
import { explainRefusal, PlainCheck, type RefPort, withReplacements } from "./plain-data.ts";
import { PlainReader } from "./plain-reader.ts";

const noRefs: RefPort = {
  describe: () => undefined,
  revive: () => {
    throw new Failure("invalid", "it holds a reference to an actor, which no stored value may");
  },
};

export class PlainCodec {
  readonly #check = new PlainCheck(noRefs);
  readonly #reader = new PlainReader(noRefs);
  readonly #packr = new Packr({ moreTypes: true, useToJSON: false, maxOwnStructures: 64 });

  /**
   * The value as bytes of their own. Fails with `invalid`, naming the place below `what`, when it
   * holds what is not plain, and with `too_large` when it has too many values or bytes.
   */
  encode(value: unknown, { what, bytesMax }: { what: string; bytesMax: number }): Uint8Array {
    const check = this.#check;
    check.reset();
    if (!check.visit(value, 1)) {
      const why = explainRefusal(noRefs, value, what);
      throw new Failure("invalid", `${why} (of a ref, keep the actor's name)`);
    }
    if (check.values > limits.decodeValuesMax) {
      const text = `${what} has ${check.values} values, at most ${limits.decodeValuesMax}: split it`;
      throw new Failure("too_large", text);
    }
    if (check.bytesMin > bytesMax) throw tooLarge(what, check.bytesMin, bytesMax);
    const data = check.hasReplacements ? withReplacements(value, asBuffer) : value;
    // Copied, because msgpackr hands out a part of its own large buffer.
    const bytes = new Uint8Array(this.#packr.pack(data));
    if (bytes.byteLength > bytesMax) throw tooLarge(what, bytes.byteLength, bytesMax);
    return bytes;
  }

  /** Fails with `corrupt`, naming `what`, when the bytes are not what `encode` makes. */
  decode(bytes: Uint8Array, what: string): unknown {
    const reader = this.#reader;
    try {
      reader.open(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, []);
      const value = reader.value(1);
      reader.close();
      return value;
    } catch (cause) {
      reader.release();
      const text = `${what} cannot be read: ${Failure.of(cause).detail}; restore a backup`;
      throw new Failure("corrupt", text, cause);
    }
  }
}

// msgpackr writes plain byte arrays in a form of its own, and a Buffer as MessagePack has it.
const asBuffer = (value: object): unknown =>
  value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : value;

const tooLarge = (what: string, bytes: number, bytesMax: number): Failure =>
  new Failure("too_large", `${what} has ${bytes} bytes or more, at most ${bytesMax}: keep less`);
