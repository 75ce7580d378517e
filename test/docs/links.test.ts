// Every link of a document leads somewhere, and the index of documents names them all.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
const documents = ["README.md", "examples/README.md", ...pages.map((page) => `docs/${page}`)];

/** The headings of a page as the fragments that lead to them. */
const fragmentsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

for (const document of documents) {
  test(`the links of ${document} lead somewhere`, () => {
    const text = readFileSync(join(root, document), "utf8").replace(/^```.*?^```$/gms, "");
    for (const [, link = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link)) continue;
      const [path = "", fragment] = link.split("#");
      const target = path === "" ? join(root, document) : join(root, dirname(document), path);
      assert.ok(existsSync(target), `${document} links to ${link}, which is not there`);
      if (fragment === undefined) continue;
      const found = fragmentsOf(readFileSync(target, "utf8")).includes(fragment);
      assert.ok(found, `${document} links to ${link}, and no heading is called so`);
    }
  });
}

test("docs/README.md names every document, and the root's README names docs/README.md", () => {
  const index = readFileSync(join(root, "docs/README.md"), "utf8");
  const missing = pages.filter((page) => page !== "README.md" && !index.includes(`(${page})`));
  assert.deepEqual(missing, []);
  assert.ok(readFileSync(join(root, "README.md"), "utf8").includes("(docs/README.md)"));
});
