// Cuts a stream of text into lines. Bounded: of an endless line the beginning is told and the rest
// dropped up to the next line feed.

const lineCharactersMax = 16 * 1024;

export class LogLines {
  #rest = "";
  #wasCut = false;

  /** The lines that this piece completes. */
  push(text: string): readonly string[] {
    const parts = `${this.#rest}${text}`.split("\n");
    this.#rest = parts.pop() ?? "";
    const lines = parts.flatMap((part) => this.#finish(part));
    if (this.#rest.length > lineCharactersMax) {
      if (!this.#wasCut) lines.push(cut(this.#rest));
      this.#wasCut = true;
      this.#rest = "";
    }
    return lines;
  }

  /** What stands behind the last line feed, when the stream has ended. */
  end(): readonly string[] {
    const rest = this.#rest;
    this.#rest = "";
    return rest === "" ? [] : this.#finish(rest);
  }

  #finish(part: string): string[] {
    const wasCut = this.#wasCut;
    this.#wasCut = false;
    if (wasCut) return [];
    return [cut(part.endsWith("\r") ? part.slice(0, -1) : part)];
  }
}

const cut = (line: string): string =>
  line.length > lineCharactersMax ? `${line.slice(0, lineCharactersMax)}…` : line;
