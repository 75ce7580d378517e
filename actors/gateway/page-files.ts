// The files of the page, read once and served from memory.
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";

export interface PageFile {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** Quoted, as in the header. Equal exactly when the bytes are. */
  readonly etag: string;
  readonly lastModified: string;
}

export type PageFiles = ReadonlyMap<string, PageFile>;

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
};

/** Under this name the page finds a photograph to try it with. */
export const sampleName = "sample.jpg";

export interface PageSource {
  /** A folder with `index.html` and what it needs; files of other kinds are left out. */
  readonly folder: string;
  /** A JPEG file, or `null` for a page without a sample. */
  readonly sample: string | null;
}

/** Fails with `not_found` when the folder or its index.html is missing, `too_large` beyond the limit. */
export async function loadPageFiles({ folder, sample }: PageSource): Promise<PageFiles> {
  const files = new Map<string, PageFile>();
  for (const name of await namesIn(folder)) {
    if (extname(name) in contentTypes) files.set(name, await load(name, join(folder, name)));
  }
  if (!files.has("index.html")) {
    throw new Failure(
      "not_found",
      `The page's folder ${folder} has no index.html. Point \`page\` at the folder that has.`,
    );
  }
  if (sample !== null) files.set(sampleName, await load(sampleName, sample));
  const size = [...files.values()].reduce((sum, file) => sum + file.bytes.byteLength, 0);
  if (size > limits.pageBytesMax) {
    throw new Failure(
      "too_large",
      `The page in ${folder} has ${size} bytes; at most ${limits.pageBytesMax} are kept in memory.`,
    );
  }
  return files;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  } catch (cause) {
    throw new Failure(
      "not_found",
      `Cannot read the page's folder ${folder}. Point \`page\` at the folder that has its index.html.`,
      cause,
    );
  }
}

async function load(name: string, path: string): Promise<PageFile> {
  try {
    const [bytes, { mtime }] = await Promise.all([readFile(path), stat(path)]);
    const digest = createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
    return {
      name,
      contentType: contentTypes[extname(name)] ?? "application/octet-stream",
      bytes,
      etag: `"${digest}"`,
      lastModified: mtime.toUTCString(),
    };
  } catch (cause) {
    throw new Failure("not_found", `Cannot read ${path}, which belongs to the page.`, cause);
  }
}
