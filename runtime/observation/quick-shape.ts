// Type and size of a payload as two numbers: cheap enough for every message, and nothing is held.
//
// Hot: observation/observer-cost.

const names = ["none", "null", "boolean", "number", "string", "bytes", "list", "object", "other"];
const sized = { string: 4, bytes: 5, list: 6 } as const;

/** Index of the payload's type, below 16. */
export function quickKind(payload: unknown): number {
  try {
    return kindOf(payload);
  } catch {
    // A revoked proxy: not even whether it is a list can be asked.
    return names.length - 1;
  }
}

function kindOf(payload: unknown): number {
  switch (typeof payload) {
    case "undefined":
      return 0;
    case "boolean":
      return 2;
    case "number":
      return 3;
    case "string":
      return sized.string;
    case "object":
      if (payload === null) return 1;
      if (Array.isArray(payload)) return sized.list;
      return ArrayBuffer.isView(payload) ? sized.bytes : 7;
    default:
      return 8;
  }
}

/** Characters, bytes or items, by the kind that was found; 0 for all else. */
export function quickSize(payload: unknown, kind: number): number {
  if (kind < sized.string || kind > sized.list) return 0;
  try {
    return sizeOf(payload);
  } catch {
    return 0;
  }
}

function sizeOf(payload: unknown): number {
  if (typeof payload === "string" || Array.isArray(payload)) return payload.length;
  return ArrayBuffer.isView(payload) ? payload.byteLength : 0;
}

/** `number`, `string(21)`, `bytes(40960)`, `list(3)`. */
export const quickText = (kind: number, size: number): string =>
  kind >= sized.string && kind <= sized.list
    ? `${names[kind] ?? "other"}(${size})`
    : (names[kind] ?? "other");
