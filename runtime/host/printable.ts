// Makes log fields fit to be written: secrets removed, sizes bounded, nothing that could throw.
// A log line must never cost the actor that wrote it its life.

const depthMax = 6;
const itemsMax = 100;
const textLengthMax = 4_096;

const secretName =
  /passw|secret|token|authorization|cookie|credential|api[-_]?key|private[-_]?key|secretkey/i;
// `redis://user:word@host` and `Bearer …` inside longer texts.
const urlPassword = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s@/]+@/gi;
const bearer = /\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{6,}/g;

const redacted = "[redacted]";

export type Printable =
  | string
  | number
  | boolean
  | null
  | readonly Printable[]
  | { readonly [name: string]: Printable };

/**
 * The value as plain JSON data. Values under a secret's name (password, token, cookie, …) become
 * `[redacted]`; deep, long and circular data is cut and says so.
 */
export const printable = (value: unknown): Printable => plain(value, []);

export function printableText(text: string): string {
  const cut =
    text.length > textLengthMax
      ? `${text.slice(0, textLengthMax)}… (${text.length} characters)`
      : text;
  return cut.replace(urlPassword, `$1:${redacted}@`).replace(bearer, `$1 ${redacted}`);
}

function plain(value: unknown, above: readonly object[]): Printable {
  switch (typeof value) {
    case "string":
      return printableText(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "object":
      return value === null ? null : plainObject(value, above);
    case "undefined":
      return null;
    case "function":
      return `[function ${value.name || "anonymous"}]`;
    default:
      return String(value);
  }
}

function plainObject(value: object, above: readonly object[]): Printable {
  if (above.includes(value)) return "[circular]";
  if (above.length >= depthMax) return "[deeper]";
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  try {
    if (value instanceof Date) return String(value.toJSON());
    const path = [...above, value];
    if (value instanceof Error) return plainError(value, path);
    if (Array.isArray(value)) return plainList(value, path);
    if (value instanceof Map) return plainEntries([...value].map(pairOfNames), path);
    if (value instanceof Set) return plainList([...value], path);
    const reference = refText(value);
    return reference ?? plainEntries(Object.entries(value), path);
  } catch (cause) {
    // A getter or toString of someone's object threw.
    return `[unreadable: ${cause instanceof Error ? cause.name : "not an error"}]`;
  }
}

const pairOfNames = ([name, value]: readonly [unknown, unknown]): readonly [string, unknown] => [
  String(name),
  value,
];

function plainError(error: Error, path: readonly object[]): Printable {
  return plainEntries(
    [
      ["name", error.name],
      ["message", error.message],
      ...("code" in error ? [["code", error.code] as const] : []),
      ["stack", error.stack ?? ""],
      ...(error.cause === undefined ? [] : [["cause", error.cause] as const]),
    ],
    path,
  );
}

function plainList(values: readonly unknown[], path: readonly object[]): Printable {
  const shown = values.slice(0, itemsMax).map((value) => plain(value, path));
  return values.length > itemsMax ? [...shown, `… (${values.length} items)`] : shown;
}

function plainEntries(
  entries: readonly (readonly [string, unknown])[],
  path: readonly object[],
): Printable {
  const shown = entries
    .slice(0, itemsMax)
    .map(([name, value]): readonly [string, Printable] => [
      name,
      secretName.test(name) && value !== null && value !== undefined
        ? redacted
        : plain(value, path),
    ]);
  return Object.fromEntries(
    entries.length > itemsMax ? [...shown, ["…", `${entries.length} entries`]] : shown,
  );
}

// An actor reference prints as its address, not as its insides.
function refText(value: object): string | undefined {
  if (!("$" in value) || typeof value.$ !== "object" || value.$ === null) return undefined;
  return "protocolId" in value.$ ? String(value.$) : undefined;
}
