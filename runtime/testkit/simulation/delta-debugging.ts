// Makes a list that breaks something as short as it gets while it still does: leaves out halves, then
// quarters, and so on. (ddmin: Zeller and Hildebrandt 2002, "Simplifying and isolating failure-inducing
// input".)

/** `isEnough` says whether what is left still breaks it; asked until nothing more can go. */
export async function shortest<T>(
  items: readonly T[],
  isEnough: (items: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  if (items.length === 0 || (await isEnough([]))) return [];
  let left = items;
  for (let parts = Math.min(2, left.length); left.length >= 2; ) {
    const shorter = await withoutOnePart(left, parts, isEnough);
    if (shorter) {
      left = shorter;
      parts = Math.min(Math.max(2, parts - 1), left.length);
    } else if (parts >= left.length) break;
    else parts = Math.min(parts * 2, left.length);
  }
  return left;
}

async function withoutOnePart<T>(
  items: readonly T[],
  parts: number,
  isEnough: (items: readonly T[]) => Promise<boolean>,
): Promise<readonly T[] | undefined> {
  const size = Math.ceil(items.length / parts);
  for (let start = 0; start < items.length; start += size) {
    const rest = [...items.slice(0, start), ...items.slice(start + size)];
    if (await isEnough(rest)) return rest;
  }
  return undefined;
}
