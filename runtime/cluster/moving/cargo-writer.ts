// What moves with an actor, as batches of bytes: its luggage, the messages that wait for it, and what
// its gate knows of the senders. Encoded once, at the source, where it is also found out whether all of
// it can travel; each batch is a part of the transfer.

import { migrationLimits } from "#protocols/cluster/migration.ts";
import type { Codec, EncodedBatch, ReceivedBatch } from "#protocols/codec.ts";
import { Failure } from "#protocols/failure.ts";

/** One thing in a parcel. */
export interface Piece {
  readonly what: string;
  readonly fields: readonly unknown[];
}

const nowhere = { path: "/", uid: 0 };

export class CargoWriter {
  readonly #writer: ReturnType<Codec["writer"]>;
  readonly #batches: EncodedBatch[] = [];

  constructor(codec: Codec) {
    this.#writer = codec.writer();
  }

  /** Fails with `invalid` for what cannot travel, `too_large` for what is too much. */
  add(what: string, ...args: readonly unknown[]): void {
    const envelope = { kind: "tell", to: nowhere, method: what, args } as const;
    if (this.#writer.size > migrationLimits.partBytesMax) this.#close();
    let outcome = this.#writer.add(envelope);
    if (outcome === "closed") {
      this.#close();
      outcome = this.#writer.add(envelope);
    }
    if (outcome !== "added") {
      throw new Failure("too_large", `the ${what} is larger than a frame may be: keep less in it`);
    }
  }

  finish(): readonly EncodedBatch[] {
    if (this.#writer.messages > 0) this.#close();
    return this.#batches;
  }

  #close(): void {
    this.#batches.push(this.#writer.close());
    if (this.#batches.length <= migrationLimits.partsMax) return;
    const text = `it needs more than ${migrationLimits.partsMax} parts: keep less in it`;
    throw new Failure("too_large", text);
  }
}

/** Fails with `invalid` when anything is wrong. */
export function readPieces(codec: Codec, batches: readonly ReceivedBatch[]): readonly Piece[] {
  return batches.flatMap((batch) =>
    codec.decode(batch).map((envelope) => {
      if (envelope.kind === "tell") return { what: envelope.method, fields: envelope.args };
      throw new Failure("invalid", `its cargo holds a ${envelope.kind}; run equal versions`);
    }),
  );
}
