// The tests that a page names, as `path`: title, and whether they are there under that title.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export const pageText = (path: string): string => readFileSync(join(root, path), "utf8");

/** Sections of a page by their titles. */
export const sectionsOf = (page: string): ReadonlyMap<string, string> =>
  new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.split("\n", 1)[0] ?? "", section]),
  );

export interface NamedTest {
  readonly file: string;
  readonly title: string;
}

/** In lists and in the cells of tables: a title ends with its line or its cell. */
export const namedTests = (text: string): readonly NamedTest[] =>
  [...text.matchAll(/`(test\/[^`]+)`: (.+?)(?: \||$)/gm)].map(([, file = "", title = ""]) => ({
    file,
    title,
  }));

/** A test, or a promise that a suite makes a test of for each store. */
export function assertExists({ file, title }: NamedTest): void {
  const text = pageText(file);
  const isThere = text.includes(`test("${title}"`) || text.includes(`promise("${title}"`);
  assert.ok(isThere, `${file} has no test called: ${title}`);
}
