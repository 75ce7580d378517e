// What the gate of a moving actor knows of its senders, and the messages that came after the freeze: the
// other part of a transfer and of a commit.
import type { Codec, EncodedBatch } from "#protocols/codec.ts";
import type { GateSnapshot } from "#runtime/cluster/migration/peer-message.ts";
import { CargoWriter, type Piece } from "./cargo-writer.ts";
import { layOutCarried, number, type OnLink, readCarried, text } from "./carried-message.ts";
import { itemFields, type LinkItem, readItem } from "./moving-wire.ts";

export interface GateParcel {
  readonly gate: GateSnapshot<OnLink>;
  readonly postFreeze: readonly OnLink[];
}

export interface GateParcelTerms {
  readonly codec: Codec;
  readonly nowMs: number;
  /** A message that cannot travel: the others go without it. */
  lost(message: OnLink, why: unknown): void;
}

export function encodeGate(
  { gate, postFreeze }: GateParcel,
  { codec, nowMs, lost }: GateParcelTerms,
): readonly EncodedBatch[] {
  const writer = new CargoWriter(codec);
  for (const { origin, current, floor } of gate.origins) {
    writer.add("origin", origin, current, floor);
  }
  for (const item of gate.held) {
    try {
      writer.add("held", ...itemFields(item, nowMs));
    } catch (why) {
      if (item.body.kind === "message") lost(item.body.message, why);
    }
  }
  for (const message of postFreeze) {
    try {
      writer.add("later", layOutCarried(message, nowMs));
    } catch (why) {
      lost(message, why);
    }
  }
  return writer.finish();
}

export function readGate(pieces: readonly Piece[], nowMs: number): GateParcel {
  const origins: GateSnapshot<OnLink>["origins"][number][] = [];
  const held: LinkItem[] = [];
  const postFreeze: OnLink[] = [];
  for (const { what, fields } of pieces) {
    if (what === "held") held.push(readItem(fields, nowMs));
    else if (what === "later") postFreeze.push(readCarried(fields[0], nowMs));
    else if (what === "origin") {
      const [origin, current, floor] = fields;
      origins.push({ origin: text(origin), current: number(current), floor: number(floor) });
    }
  }
  return { gate: { origins, held }, postFreeze };
}
