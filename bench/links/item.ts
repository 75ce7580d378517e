// What travels: about 100 bytes in MessagePack, each a little different, so that it is really encoded
// and decoded, and never the same text twice.
export interface Item {
  readonly id: number;
  readonly from: string;
  readonly kind: string;
  readonly share: number;
  readonly at: number;
  readonly note: string;
}

const senders = Array.from({ length: 16 }, (_, index) => `worker-${index + 10}`);
const firstMs = 1_700_000_000_000;

export const itemOf = (id: number): Item => ({
  id,
  from: senders[id & 15] ?? "",
  kind: "progress",
  share: id / 7,
  at: firstMs + id,
  note: "a strip of the picture is ready",
});

export const isItem = (value: unknown): value is Item =>
  typeof value === "object" && value !== null && "id" in value;
