// Texts of a batch that come again: a text of middling length is written once, and afterwards by the
// place that it took. Names, states and paths are the same from message to message, and a place is
// written, read and carried at a fraction of the cost.
//
//   writer and reader alike give each such text the next place; the 257th takes that of the first

/** The token of a text that has a place, which follows: one that MessagePack gives no meaning. */
export const repeatedText = 0xc1;

/** Characters of a text that gets a place: shorter ones are cheap, longer ones seldom the same. */
const lengthMin = 3;
const lengthMax = 128;
/** Places in a batch, named by one byte. */
const places = 256;

// V8 has a dozen kinds of texts (joined, cut out, interned, ...). Code that has met more than four of them
// looks up even their `length` in a table, unless it knows that it has a text: of a template that is clear.
// A method that is called by itself is not looked up at all.
const unitAt = String.prototype.charCodeAt;

const hasPlace = (text: string): boolean => text.length >= lengthMin && text.length <= lengthMax;

/** What the reader of the open batch will have. */
export class WrittenTexts {
  /** By what they look like; one that looks alike takes the entry of another. */
  readonly #texts: string[] = Array.from({ length: places }, () => "");
  /** The number that each has among the texts of the batch. */
  readonly #numbers = new Uint32Array(places);
  #count = 0;

  /** A new batch. */
  begin(): void {
    if (this.#count > 0) this.truncate(0);
  }

  /** How many texts took a place. */
  get count(): number {
    return this.#count;
  }

  /** The reader has so many of them alone; which these were is forgotten. */
  truncate(count: number): void {
    this.#texts.fill("");
    this.#count = count;
  }

  /** Hot: W5. The place of a text that the reader has; else it takes one if it may, and is to be written. */
  placeOf(given: string): number | undefined {
    const text = `${given}`;
    if (!hasPlace(text)) return undefined;
    const { length } = text;
    const entry =
      (length * 67 +
        unitAt.call(text, length >>> 1) * 31 +
        unitAt.call(text, length - 2) * 13 +
        unitAt.call(text, length - 1)) &
      (places - 1);
    const number = this.#numbers[entry] ?? 0;
    if (this.#texts[entry] === text && this.#count - number <= places) return number & (places - 1);
    this.#texts[entry] = text;
    this.#numbers[entry] = this.#count;
    this.#count += 1;
    return undefined;
  }
}

/** What a reader has of the open batch. */
export class ReadTexts {
  #texts: string[] = [];
  #count = 0;

  /** A new batch. */
  begin(): void {
    if (this.#count === 0) return;
    this.#texts = [];
    this.#count = 0;
  }

  /** Hot: W5. Gives the text a place if it is one that gets any. */
  read(text: string): string {
    if (hasPlace(text)) {
      this.#texts[this.#count & (places - 1)] = text;
      this.#count += 1;
    }
    return text;
  }

  at(place: number): string | undefined {
    return this.#texts[place];
  }
}
