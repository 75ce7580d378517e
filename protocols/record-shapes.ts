// Which objects of a batch have the same properties in the same order: those are written once, and
// afterwards by the number of their slot.
//
// What follows what repeats from message to message, so each shape remembers the one that came after
// it: a guess that is checked in a few comparisons spares the search.
import { isForbiddenKey } from "./plain-data.ts";

/** Slots that a reader keeps. More shapes: all begin anew from the first slot. */
export const recordsMax = 64;
/** Shapes remembered from batch to batch. More: all are forgotten, and found again. */
const shapesMax = 256;

export class RecordShape {
  readonly keys: readonly string[];
  slot = 0;
  /** In which round of slots it was written; -1 before the first. */
  round = -1;
  following: RecordShape | undefined;

  constructor(keys: readonly string[]) {
    this.keys = keys;
  }
}

export class RecordShapes {
  readonly #known = new Map<string, RecordShape>();
  #last = new RecordShape([]);
  #round = 0;
  #slotsUsed = 0;

  /** Hot: W5. Undefined when a property has a name that cannot travel. */
  of(value: Record<string, unknown>): RecordShape | undefined {
    const guess = this.#last.following;
    const shape = guess !== undefined && hasKeys(value, guess.keys) ? guess : this.#find(value);
    if (shape !== undefined) {
      this.#last.following = shape;
      this.#last = shape;
    }
    return shape;
  }

  /** Whether the reader has it. */
  isWritten(shape: RecordShape): boolean {
    return shape.round === this.#round;
  }

  /** Gives it a slot; its keys are to be written. */
  enter(shape: RecordShape): void {
    if (this.#slotsUsed === recordsMax) this.begin();
    shape.slot = this.#slotsUsed;
    shape.round = this.#round;
    this.#slotsUsed += 1;
  }

  /** From here on the reader knows none. */
  begin(): void {
    this.#round += 1;
    this.#slotsUsed = 0;
  }

  #find(value: Record<string, unknown>): RecordShape | undefined {
    const keys: string[] = [];
    for (const key in value) {
      if (isForbiddenKey(key)) return undefined;
      keys.push(key);
    }
    const name = JSON.stringify(keys);
    const known = this.#known.get(name);
    if (known) return known;
    if (this.#known.size >= shapesMax) this.#known.clear();
    const made = new RecordShape(keys);
    this.#known.set(name, made);
    return made;
  }
}

function hasKeys(value: Record<string, unknown>, keys: readonly string[]): boolean {
  let index = 0;
  for (const key in value) {
    if (key !== keys[index]) return false;
    index += 1;
  }
  return index === keys.length;
}
