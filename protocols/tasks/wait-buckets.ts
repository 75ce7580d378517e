// How waits are counted in the history of metrics: four buckets to each doubling, from a millisecond to four
// hours and beyond. Their bounds are fixed, so that what was counted at different times adds up, and a
// percentile read from them is right to a fifth. Pure.

const perDoubling = 4;
const bucketCount = 24 * perDoubling + 2;

/** The first holds what is below a millisecond, the last what is above all bounds. */
function bucketOf(ms: number): number {
  if (!(ms >= 1)) return 0;
  return Math.min(bucketCount - 1, 1 + Math.floor(Math.log2(ms) * perDoubling));
}

/** The middle of a bucket, in milliseconds. */
const middleOf = (bucket: number): number =>
  bucket === 0 ? 0.5 : 2 ** ((bucket - 0.5) / perDoubling);

export class WaitBuckets {
  readonly #counts = new Uint32Array(bucketCount);

  add(ms: number): void {
    const bucket = bucketOf(ms);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  /** As a point of the history holds them: 32 bits each, little-endian. */
  get bytes(): Uint8Array {
    const bytes = new Uint8Array(bucketCount * 4);
    const view = new DataView(bytes.buffer);
    for (const [bucket, count] of this.#counts.entries()) view.setUint32(bucket * 4, count, true);
    return bytes;
  }
}

/** Milliseconds that a share of the waits did not exceed, such as 0.99; null: nothing was counted. */
export function waitAt(
  share: number,
  { buffer, byteOffset, byteLength }: Uint8Array,
): number | null {
  const view = new DataView(buffer, byteOffset, byteLength);
  const counts = Array.from({ length: byteLength / 4 }, (_, bucket) =>
    view.getUint32(bucket * 4, true),
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let left = Math.max(1, Math.ceil(total * share));
  const found = counts.findIndex((count) => {
    left -= count;
    return left <= 0;
  });
  return middleOf(found);
}
