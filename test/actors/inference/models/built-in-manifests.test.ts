// The built-in models can be served in every mode of the repository: their files are vouched for.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { verifiedFiles } from "#actors/inference/repository/version-files.ts";

const models = new URL("../../../../actors/inference/models/", import.meta.url);
const folders = readdirSync(models, { withFileTypes: true }).filter((one) => one.isDirectory());

test("there are built-in models", () => {
  assert.ok(folders.length >= 3);
});

for (const { name } of folders) {
  test(`the files of ${name} are as its manifest says`, async () => {
    const { standing } = await verifiedFiles(fileURLToPath(new URL(`${name}/1`, models)));
    assert.equal(standing, "verified", "its manifest names other files");
  });
}
