// Keeps a map within bounds: what was put in first goes first. Whoever needs it again fetches it again.

export interface Bounds {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

export function forgetOldest<V>(
  map: Map<string, V>,
  { entriesMax, bytesMax }: Bounds,
  bytesOf: (value: V) => number,
): void {
  let bytes = 0;
  for (const value of map.values()) bytes += bytesOf(value);
  for (const [key, value] of map) {
    if (map.size <= entriesMax && bytes <= bytesMax) return;
    map.delete(key);
    bytes -= bytesOf(value);
  }
}
