// The built-in models can be served in every mode of the repository: their files are vouched for.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { verifiedFiles } from "#actors/inference/repository/version-files.ts";

for (const name of ["diffuse", "cv2"]) {
  test(`the files of ${name} are as its manifest says`, async () => {
    const place = new URL(`../../../../actors/inference/models/${name}/1`, import.meta.url);
    const { standing } = await verifiedFiles(fileURLToPath(place));
    assert.equal(standing, "verified", "run actors/inference/models/generate-diffuse.ts");
  });
}
