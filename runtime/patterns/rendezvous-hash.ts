// Which of several owners has a key. Pure.
//
// Every owner gets a weight for the key, and the heaviest has it (Thaler & Ravishankar 1998, "Using
// name-based mappings to increase hit rates"). An owner that comes takes only the keys that it now
// weighs most for, and one that goes leaves only its own: of n owners about 1/n of the keys move.
// Nothing is kept but the names, so all who know the same names agree.

/** What takes part: a name, and the hash of it, made once. */
export interface HashedName {
  readonly name: string;
  readonly nameHash: number;
}

/** 32 bits that depend on every character (FNV-1a, then mixed). */
export function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    hash = Math.imul(hash ^ (unit & 0xff), 0x0100_0193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x0100_0193);
  }
  return mixed(hash);
}

export const hashedName = (name: string): HashedName => ({ name, nameHash: hashOf(name) });

/** Position of the key's owner, -1 when there is none. O(n). */
export function ownerOf(key: string, owners: readonly HashedName[]): number {
  const keyHash = hashOf(key);
  let best = -1;
  for (let index = 0; index < owners.length; index += 1) {
    if (best === -1 || isHeavier(keyHash, owners[index], owners[best])) best = index;
  }
  return best;
}

/** Positions of the key's `count` owners, the first one first: where its copies belong. O(n log n). */
export function ownersOf(
  key: string,
  owners: readonly HashedName[],
  count: number,
): readonly number[] {
  const keyHash = hashOf(key);
  return owners
    .map((_, index) => index)
    .sort((a, b) => (isHeavier(keyHash, owners[a], owners[b]) ? -1 : 1))
    .slice(0, count);
}

// Equal weights are decided by name, so that the order of the list means nothing.
function isHeavier(keyHash: number, a: HashedName | undefined, b: HashedName | undefined): boolean {
  if (!a || !b) return a !== undefined;
  const weightA = weightOf(keyHash, a.nameHash);
  const weightB = weightOf(keyHash, b.nameHash);
  return weightA === weightB ? a.name < b.name : weightA > weightB;
}

const weightOf = (keyHash: number, nameHash: number): number =>
  mixed(Math.imul(keyHash, 0x9e37_79b1) ^ nameHash);

/** Each bit of the word changes half of the result's bits (the finalizer of MurmurHash3). */
function mixed(word: number): number {
  let z = word;
  z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
  return (z ^ (z >>> 16)) >>> 0;
}
