// Reads the forms that browsers and scripts send: multipart/form-data (RFC 7578) and urlencoded.
// Pure. A file's bytes are a view of the body, not a copy, so the body must not be written to again.
//
//   --boundary CRLF
//   Content-Disposition: form-data; name="image"; filename="a.png" CRLF
//   Content-Type: image/png CRLF
//   CRLF
//   bytes CRLF
//   --boundary--
import { limits } from "#protocols/limits.ts";

export interface FormFile {
  readonly filename: string;
  /** As the client names it; `application/octet-stream` when it does not. */
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** Of several fields with one name the first counts, but for `parts`. */
export interface Form {
  readonly texts: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, FormFile>;
  /** All files with the names of their fields, as they stand in the form. */
  readonly parts: readonly (readonly [string, FormFile])[];
}

/** The form in a body; `undefined` when the body is none, or a broken or oversized one. */
export function readForm(contentType: string | undefined, body: Uint8Array): Form | undefined {
  const [type = "", ...parameters] = splitParameters(contentType ?? "");
  switch (type.trim().toLowerCase()) {
    case "multipart/form-data": {
      const boundary = parameterOf(parameters, "boundary");
      return boundary
        ? readMultipart(boundary, Buffer.from(body.buffer, body.byteOffset, body.byteLength))
        : undefined;
    }
    case "application/x-www-form-urlencoded":
      return readUrlencoded(body);
    default:
      return undefined;
  }
}

function readUrlencoded(body: Uint8Array): Form | undefined {
  const texts = new Map<string, string>();
  let fields = 0;
  for (const [name, text] of new URLSearchParams(Buffer.from(body).toString("utf8"))) {
    fields += 1;
    if (fields > limits.formPartsMax) return undefined;
    if (!texts.has(name)) texts.set(name, text);
  }
  return { texts, files: new Map(), parts: [] };
}

function readMultipart(boundary: string, body: Buffer): Form | undefined {
  const texts = new Map<string, string>();
  const parts: (readonly [string, FormFile])[] = [];
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  let at = firstDelimiterEnd(body, boundary);
  for (let count = 0; at !== undefined && count <= limits.formPartsMax; count++) {
    if (body[at] === dash && body[at + 1] === dash) {
      return { texts, files: firstOf(parts), parts };
    }
    const part = readPart(body, at, delimiter);
    if (part === undefined) return undefined;
    keep(part, texts, parts);
    at = part.end;
  }
  return undefined;
}

const dash = 0x2d;

/** The index behind the first delimiter, which may follow a preamble. */
function firstDelimiterEnd(body: Buffer, boundary: string): number | undefined {
  const start = `--${boundary}`;
  const length = Buffer.byteLength(start);
  if (body.subarray(0, length).equals(Buffer.from(start))) return length;
  const index = body.indexOf(`\r\n${start}`);
  return index === -1 ? undefined : index + 2 + length;
}

interface Part {
  readonly name: string;
  readonly filename: string | undefined;
  readonly contentType: string;
  readonly bytes: Buffer;
  /** The index behind the delimiter that closes it. */
  readonly end: number;
}

function readPart(body: Buffer, at: number, delimiter: Buffer): Part | undefined {
  const lineEnd = body.indexOf("\r\n", at);
  if (lineEnd === -1 || !isBlank(body.subarray(at, lineEnd))) return undefined;
  // From the line end itself: a part without headers begins with an empty line.
  const headersEnd = body
    .subarray(0, lineEnd + limits.formPartHeaderBytesMax)
    .indexOf("\r\n\r\n", lineEnd);
  if (headersEnd === -1) return undefined;
  const closing = body.indexOf(delimiter, headersEnd + 2);
  if (closing === -1) return undefined;
  const headers = readHeaders(
    body.toString("utf8", lineEnd + 2, Math.max(headersEnd, lineEnd + 2)),
  );
  const disposition = splitParameters(headers.get("content-disposition") ?? "");
  const name = parameterOf(disposition, "name");
  if (name === undefined) return undefined;
  return {
    name,
    filename: parameterOf(disposition, "filename"),
    contentType: headers.get("content-type") ?? "application/octet-stream",
    bytes: body.subarray(Math.min(headersEnd + 4, closing), closing),
    end: closing + delimiter.byteLength,
  };
}

const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0x20 || byte === 0x09);

function readHeaders(text: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0)
      headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

function keep(
  part: Part,
  texts: Map<string, string>,
  parts: (readonly [string, FormFile])[],
): void {
  const { name, filename, contentType, bytes } = part;
  if (filename === undefined) {
    if (!texts.has(name)) texts.set(name, bytes.toString("utf8"));
    return;
  }
  parts.push([name, { filename, contentType, bytes }]);
}

/** In the order of their first parts: inputs of a task are known by it. */
function firstOf(parts: readonly (readonly [string, FormFile])[]): ReadonlyMap<string, FormFile> {
  const files = new Map<string, FormFile>();
  for (const [name, file] of parts) {
    if (!files.has(name)) files.set(name, file);
  }
  return files;
}

/** Splits at semicolons that stand outside quotes. */
function splitParameters(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === "\\" && isQuoted) index += 1;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === ";" && !isQuoted) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function parameterOf(parts: readonly string[], name: string): string | undefined {
  for (const part of parts) {
    const equals = part.indexOf("=");
    if (equals === -1 || part.slice(0, equals).trim().toLowerCase() !== name) continue;
    const value = part.slice(equals + 1).trim();
    return value.startsWith('"') ? unquoted(value) : value;
  }
  return undefined;
}

// Browsers write a quote in a name as %22 and leave backslashes alone, others escape by backslash.
const unquoted = (value: string): string =>
  value
    .replace(/^"|"$/g, "")
    .replace(/\\(["\\])/g, "$1")
    .replaceAll("%22", '"');
