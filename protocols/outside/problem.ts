// One thing wrong with a topology: where, what was seen, what to do.

export type KeyPath = readonly (string | number)[];

export interface Problem {
  readonly path: KeyPath;
  /** What the report points at: the key that leads there, or what stands behind it. */
  readonly at: "key" | "value";
  readonly message: string;
  readonly remedy: string;
}

/** `nodes[0].supervision[1].children[0].actor`; `(file)` for the whole. */
export function formatPath(path: KeyPath): string {
  if (path.length === 0) return "(file)";
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

/** A value as a report shows it: as written in JSON, on one line, at most 60 characters. */
export function showValue(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
