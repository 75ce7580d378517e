import assert from "node:assert/strict";
import { test } from "node:test";
import { answering, serving } from "./served-answers.ts";
import { troupe } from "./terminal-double.ts";

const listed = {
  skills: [
    {
      ...{ skill: "ocr", isRegistered: true, version: "2", description: null },
      dependsOn: ["detect-text"],
      nodes: [
        { node: "w1", status: "online", level: 0.5, missing: [] },
        { node: "w2", status: "offline", level: 1, missing: [] },
        { node: "w3", status: "online", level: 1, missing: ["detect-text"] },
      ],
    },
    {
      ...{ skill: "inpaint", isRegistered: false, version: null, description: null },
      ...{ dependsOn: [], nodes: [] },
    },
  ],
};

test("skills are listed with who has them, how well, and why one does not count", async () => {
  await serving(answering(listed), async (url) => {
    const { exitCode, out } = await troupe("skills", "--url", url);
    assert.equal(exitCode, 0);
    assert.match(out, /^ocr +2 +detect-text +w1 at 0\.5, w2 \(offline\)$/m);
    assert.match(out, /^inpaint +not registered +nobody$/m);
    assert.match(out, /^w3 has ocr, but lacks detect-text$/m);
    const { out: json } = await troupe("skills", "--url", url, "--json");
    assert.deepEqual(JSON.parse(json), listed);
  });
  await serving(answering({ skills: "many" }), async (url) => {
    const { err } = await troupe("skills", "--url", url);
    assert.match(err, /does not answer like a gateway/);
  });
});

test("a skill is put and dropped at its address, with all that is said of it", async () => {
  const seen: unknown[] = [];
  await serving(
    (request, response) => {
      let text = "";
      request.on("data", (part) => {
        text += part;
      });
      request.on("end", () => {
        seen.push([request.method, request.url, JSON.parse(text)]);
        response.setHeader("Content-Type", "application/json");
        response.end("{}");
      });
    },
    async (url) => {
      const words = ["--needs", "a", "--needs", "b", "--description", "reads", "--revision", "3"];
      const put = await troupe("skills", "put", "ocr: en", ...words, "--url", url);
      assert.deepEqual([put.exitCode, put.out], [0, "ocr: en is registered, and rests on a, b\n"]);
      const drop = await troupe("skills", "drop", "ocr: en", "--url", url);
      assert.equal(drop.exitCode, 0);
    },
  );
  assert.deepEqual(seen, [
    [
      "POST",
      "/api/v1/skills/ocr%3A%20en/put",
      { dependsOn: ["a", "b"], description: "reads", version: "3" },
    ],
    ["POST", "/api/v1/skills/ocr%3A%20en/drop", {}],
  ]);
});
