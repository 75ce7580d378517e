// `troupe remove-text` of a single picture: what is sent, written and told.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { StandInGateway } from "./batch/stand-in-gateway.ts";
import { troupe } from "./terminal-double.ts";

async function stage(context: TestContext, models: readonly string[]) {
  const folder = await mkdtemp(path.join(tmpdir(), "troupe-removal-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = (name: string): string => path.join(folder, name);
  await writeFile(file("a.png"), "picture");
  const gateway = await StandInGateway.start(context);
  const bodies: string[] = [];
  gateway.before = (request, response) => {
    const { url } = request;
    if (url === "/api/status") {
      const status = {
        cluster: "c",
        uptimeMs: 1,
        model: "diffuse",
        models,
        nodes: [],
        queue: null,
      };
      response.setHeader("Content-Type", "application/json").end(JSON.stringify(status));
      return true;
    }
    const headers = { "Content-Type": "image/png", "X-Troupe-Task": "t1" };
    const kept = new Map([
      ["/api/v1/tasks/t1/files/find.mask", "the mask"],
      ["/api/v1/tasks/t1/files/image?wait=10", "clean"],
      ["/api/v1/tasks/t1/result", JSON.stringify({ figures: { "find.texts": 2 } })],
    ]).get(url ?? "");
    if (kept !== undefined) response.writeHead(200, headers).end(kept);
    if (url !== "/api/v1/remove-text") return kept !== undefined;
    const pieces: Buffer[] = [];
    request.on("data", (piece) => pieces.push(Buffer.from(piece)));
    request.on("end", () => {
      bodies.push(Buffer.concat(pieces).toString("latin1"));
      response.writeHead(202, { "X-Troupe-Task": "t1" }).end("{}");
    });
    return true;
  };
  const run = (...words: readonly string[]) =>
    troupe("remove-text", file("a.png"), "--url", gateway.url, ...words);
  return { file, run, bodies };
}

test("a picture comes back beside the original, with what was taken for text", async (context) => {
  const { file, run, bodies } = await stage(context, ["diffuse", "text-detector"]);
  const wishes = ["--threshold", "0.4", "--limit-side", "640", "--strategy", "Resize"];
  const { exitCode, out, err } = await run("--show-mask", file("m.png"), ...wishes);
  assert.equal(exitCode, 0, err);
  assert.equal(out, `${file("a-repaired.png")}\n`);
  assert.match(err, /^2 texts were found; done in \d+ ms \(task t1\), 5 B/);
  assert.equal(await readFile(file("a-repaired.png"), "utf8"), "clean");
  assert.equal(await readFile(file("m.png"), "utf8"), "the mask");
  const fields = [...String(bodies[0]).matchAll(/name="(\w+)"\r\n\r\n(\S+)/g)];
  assert.deepEqual(Object.fromEntries(fields.map(([, name, text]) => [name, text])), {
    ...{ model: "diffuse", detector: "text-detector" },
    ...{ threshold: "0.4", limitSide: "640", hdStrategy: "Resize" },
  });
});

test("a cluster without a detector is told to get one, before anything is sent", async (context) => {
  const { run, bodies } = await stage(context, ["diffuse"]);
  const { exitCode, err } = await run();
  assert.equal(exitCode, 1);
  assert.match(
    err,
    /no worker offers the model text-detector; troupe models install text-detector/,
  );
  assert.equal(bodies.length, 0);
});

test("what cannot be meant is refused with the words for it", async (context) => {
  const { file, run, bodies } = await stage(context, ["diffuse", "text-detector"]);
  await mkdir(file("folder"));
  const wrong: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["--threshold", "0"], 2, /threshold is 0; send a number from 0.01 to 0.99/],
    [["--limit-side", "wide"], 2, /limitSide is "wide"; send a whole number from 32 to 2560/],
    [["--report", "r.jsonl"], 1, /--report is for a folder of pictures/],
    [["--show-mask", file("folder")], 1, /folder is a folder: name a file in it with --show-mask/],
    [["--out", file("folder")], 1, /name a file in it with --out/],
    [["--model", "lama"], 1, /no worker offers the model lama; offered are: diffuse, text-det/],
  ];
  for (const [words, code, text] of wrong) {
    const { exitCode, err } = await run(...words);
    assert.equal(exitCode, code, words.join(" "));
    assert.match(err, text);
  }
  assert.equal(bodies.length, 0);
});
