// Answers in words that are the same for every store: names for ids by the order in which they were
// first seen, times from the beginning, files by their size.

/** What each store may number as it likes. */
const ownNumbers: ReadonlySet<string> = new Set(["eventId", "next"]);
/** Whatever is greater is a point in time. */
const timesMin = 1_000_000_000_000;

export class PlainAnswers {
  readonly #startMs: number;
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  /** From now on the id is called by its kind and its number. */
  name(id: string, kind: string): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const name = `${kind}-${count}`;
    this.#names.set(id, name);
    return name;
  }

  text(answer: unknown): string {
    return JSON.stringify(this.#plain("", answer)) ?? "nothing";
  }

  #number(value: number): unknown {
    return value > timesMin ? `+${value - this.#startMs}` : value;
  }

  /** Ids also within a sentence. */
  #named(text: string): string {
    const name = this.#names.get(text);
    if (name !== undefined || !text.includes(" ")) return name ?? text;
    const words = text.split(/([\s"',;:]+)/);
    return words.map((word) => this.#names.get(word) ?? word).join("");
  }

  #plain(key: string, value: unknown): unknown {
    if (ownNumbers.has(key)) return "its own";
    if (key === "fence") return this.name(`fence ${value}`, "fence");
    if (key === "epoch") return "epoch";
    if (typeof value === "number") return this.#number(value);
    if (typeof value === "string") return this.#named(value);
    if (value instanceof Uint8Array) return `${value.length} bytes`;
    if (Array.isArray(value)) return value.map((item) => this.#plain("", item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, part]) => [name, this.#plain(name, part)]),
    );
  }
}
