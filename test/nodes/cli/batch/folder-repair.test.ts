// A folder of pictures through a gateway that a test has in its hand: what is sent, kept, skipped, told.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { runCommandLine } from "#nodes/cli/command-line.ts";
import { freePort } from "../../../sockets/free-port.ts";
import { TerminalDouble, troupe } from "../terminal-double.ts";
import { StandInGateway } from "./stand-in-gateway.ts";

interface Place {
  readonly gateway: StandInGateway;
  readonly file: (name: string) => string;
  readonly run: (...words: readonly string[]) => ReturnType<typeof troupe>;
}

/** Files by name; those of `masks/` and `pictures/` are made as well as any other. */
async function placeWith(context: TestContext, names: readonly string[]): Promise<Place> {
  const folder = await mkdtemp(path.join(tmpdir(), "troupe-batch-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = (name: string): string => path.join(folder, name);
  for (const name of names) {
    await mkdir(path.dirname(file(name)), { recursive: true });
    await writeFile(file(name), name);
  }
  const gateway = await StandInGateway.start(context);
  const run: Place["run"] = (...words) =>
    troupe("inpaint", file("pictures"), "--url", gateway.url, ...words);
  return { gateway, file, run };
}

const some = ["pictures/a.png", "pictures/b.jpg", "pictures/notes.txt", "pictures/.c.png"];

test("each picture of a folder is repaired with its mask and written under its name", async (context) => {
  const masks = ["masks/a.png", "masks/b.png"];
  const { gateway, file, run } = await placeWith(context, [...some, ...masks]);
  gateway.end = ({ body }) => ({ kind: "repaired", bytes: /masks\/\w/.exec(body)?.[0] ?? "" });
  const words = ["--mask", file("masks"), "--out", file("out"), "--strategy", "Resize"];
  const { exitCode, out, err } = await run(...words);
  assert.equal(exitCode, 0, err);
  assert.deepEqual((await readdir(file("out"))).sort(), ["a.png", "b.jpg"]);
  assert.equal(await readFile(file("out/a.png"), "utf8"), "masks/a");
  assert.equal(await readFile(file("out/b.jpg"), "utf8"), "masks/b");
  assert.match(out, /PICTURES {2}REPAIRED {2}PRESENT[^\n]*\n +2 +2 +0 +0 +0/);
  const [task] = gateway.tasks.values();
  assert.match(String(task?.body), /"model":"diffuse","parameters":{"hdStrategy":"Resize"}/);
});

test("what stands in the folder of results is not sent again, unless it is asked for", async (context) => {
  const { gateway, file, run } = await placeWith(context, [...some, "mask.png"]);
  const words = ["--mask", file("mask.png"), "--out", file("out")];
  await run(...words);
  assert.equal(gateway.submissions, 2);
  const again = await run(...words);
  assert.deepEqual([again.exitCode, gateway.submissions], [0, 2]);
  assert.match(again.out, /\n +2 +0 +2 +0 +0/);
  await writeFile(file("out/a.png"), "");
  await run(...words);
  assert.equal(gateway.submissions, 3, "an empty file is no result");
  await run(...words, "--overwrite");
  assert.equal(gateway.submissions, 5);
  assert.equal(gateway.tasks.size, 2, "the same content is the same task");
});

test("a new version of the model makes new results, and the one before it has its own still", async (context) => {
  const { gateway, file, run } = await placeWith(context, ["pictures/a.png", "mask.png"]);
  const words = ["--mask", file("mask.png"), "--out", file("out"), "--overwrite"];
  gateway.end = () => ({ kind: "repaired", bytes: `by version ${gateway.version}` });
  for (const [version, tasks] of [
    [1, 1],
    [2, 2],
    [1, 2],
  ] as const) {
    gateway.version = version;
    assert.equal((await run(...words)).exitCode, 0);
    assert.equal(gateway.tasks.size, tasks);
    assert.equal(await readFile(file("out/a.png"), "utf8"), `by version ${version}`);
  }
});

test("folders are walked and mirrored when asked for, and results and masks are not pictures", async (context) => {
  const deep = ["pictures/x/y/d.webp", "pictures/masks/a.png", "pictures/out/old.png"];
  const own = ["pictures/masks/b.png", "pictures/masks/x/y/d.png"];
  const { gateway, file, run } = await placeWith(context, [...some, ...deep, ...own]);
  await symlink(file("pictures"), file("pictures/x/loop"));
  const words = ["--mask", file("pictures/masks"), "--out", file("pictures/out")];
  const flat = await run(...words);
  assert.deepEqual([flat.exitCode, gateway.submissions], [0, 2]);
  const { exitCode, err } = await run(...words, "--recursive");
  assert.deepEqual([exitCode, gateway.submissions], [0, 3], err);
  assert.equal(await readFile(file("pictures/out/x/y/d.webp"), "utf8"), "repaired");
});

test("a picture that cannot be repaired is told with what to do, and the others go on", async (context) => {
  const names = ["pictures/small.png", "pictures/broken.png", "pictures/bare.png"];
  const masks = ["a", "b", "small", "broken", "empty", "gone"].map((name) => `masks/${name}.png`);
  const { gateway, file, run } = await placeWith(context, [...some, ...names, ...masks]);
  await writeFile(file("pictures/empty.png"), "");
  await symlink(file("nowhere.png"), file("pictures/gone.png"));
  gateway.end = ({ body }) => {
    if (body.includes("pictures/small"))
      return { kind: "failed", status: 400, code: "size_mismatch" };
    if (body.includes("pictures/broken")) return { kind: "failed", status: 500, code: "bad_image" };
    return { kind: "repaired", bytes: "repaired" };
  };
  const words = ["--mask", file("masks"), "--out", file("out"), "--report", file("report.jsonl")];
  const { exitCode, out, err } = await run(...words);
  assert.equal(exitCode, 4);
  assert.match(err, /^small\.png: size_mismatch: .*--fit-mask/m);
  assert.match(err, /^broken\.png: bad_image: /m);
  assert.match(err, /^bare\.png: no_mask: there is no mask for it: put one at .*masks\/bare\.png/m);
  assert.match(err, /^empty\.png: invalid: .*is empty/m);
  assert.match(err, /^gone\.png: not_found: cannot read /m);
  assert.deepEqual((await readdir(file("out"))).sort(), ["a.png", "b.jpg"]);
  assert.match(out, /FAILURE +COUNT +AS\n/);
  const lines = (await readFile(file("report.jsonl"), "utf8")).trim().split("\n");
  const told = lines.map((line): Record<string, unknown> => JSON.parse(line));
  assert.equal(told.filter(({ status }) => status === "failed").length, 5);
  assert.equal(told.filter(({ status }) => status === "repaired").length, 2);
  const { summary } = told.at(-1) ?? {};
  assert.ok(typeof summary === "object" && summary !== null && "failed" in summary);
  assert.equal(summary.failed, 5);
});

test("so many pictures are under way at a time, and no more", async (context) => {
  const many = Array.from({ length: 12 }, (_, index) => `pictures/${index}.png`);
  const { gateway, file, run } = await placeWith(context, [...many, "mask.png"]);
  let release = (): void => {};
  const full = new Promise<void>((resolve) => {
    release = resolve;
  });
  gateway.end = async () => {
    if (gateway.waiting === 3) release();
    await full;
    return { kind: "repaired", bytes: "repaired" };
  };
  await run("--mask", file("mask.png"), "--out", file("out"), "--concurrency", "3");
  assert.deepEqual([gateway.waitingMost, gateway.tasks.size], [3, 12]);
});

test("the first failure stops the batch when asked for, and the rest is told as left", async (context) => {
  const many = Array.from({ length: 6 }, (_, index) => `pictures/${index}.png`);
  const { gateway, file, run } = await placeWith(context, [...many, "mask.png"]);
  gateway.end = () => ({ kind: "failed", status: 500, code: "bad_image" });
  const words = ["--mask", file("mask.png"), "--out", file("out"), "--concurrency", "1"];
  const { exitCode, out, err } = await run(...words, "--fail-fast");
  assert.deepEqual([exitCode, gateway.submissions], [4, 1]);
  assert.match(out, /\n +6 +0 +0 +1 +5/);
  assert.match(err, /The same command goes on from here/);
});

test("a failure that was there before is tried again as a new task, one of the content is not", async (context) => {
  for (const [code, tasks] of [
    ["engine_lost", 2],
    ["bad_image", 1],
  ] as const) {
    const { gateway, file, run } = await placeWith(context, ["pictures/a.png", "mask.png"]);
    const words = ["--mask", file("mask.png"), "--out", file("out")];
    gateway.end = () => ({ kind: "failed", status: 503, code });
    assert.equal((await run(...words)).exitCode, 4, "this run's own failure is told");
    assert.equal(gateway.tasks.size, 1);
    gateway.end = ({ key }) =>
      key.endsWith(":1")
        ? { kind: "failed", status: 503, code }
        : { kind: "repaired", bytes: "repaired" };
    assert.equal((await run(...words)).exitCode, code === "bad_image" ? 4 : 0, code);
    assert.equal(gateway.tasks.size, tasks, code);
  }
});

test("a result that the cluster has forgotten is computed anew", async (context) => {
  const { gateway, file, run } = await placeWith(context, ["pictures/a.png", "mask.png"]);
  const words = ["--mask", file("mask.png"), "--out", file("out"), "--overwrite"];
  await run(...words);
  gateway.end = ({ key }) =>
    key.endsWith(":1") ? { kind: "forgotten" } : { kind: "repaired", bytes: "second" };
  assert.equal((await run(...words)).exitCode, 0);
  assert.equal(await readFile(file("out/a.png"), "utf8"), "second");
});

test("a gateway that refuses, breaks off or is full for a while is asked again", async (context) => {
  const { gateway, file, run } = await placeWith(context, ["pictures/a.png", "mask.png"]);
  const troubles = [429, 503, 0, 504];
  gateway.before = (request, response) => {
    if (/^\/api\/(status|models)$/.test(request.url ?? "")) return false;
    const trouble = troubles.shift();
    if (trouble === undefined) return false;
    if (trouble === 0) request.socket.destroy();
    else response.writeHead(trouble).end("not now");
    return true;
  };
  const { exitCode, err } = await run("--mask", file("mask.png"), "--out", file("out"));
  assert.deepEqual([exitCode, troubles.length], [0, 0], err);
  assert.match(err, /waiting for the cluster: [\s\S]*the cluster answers again/);
});

test("lines of JSON go to programs, the table to people; a terminal sees a bar", async (context) => {
  const { gateway, file, run } = await placeWith(context, [...some, "mask.png"]);
  const words = ["--mask", file("mask.png"), "--out", file("out")];
  const { out, err } = await run(...words, "--json");
  const lines = out.trim().split("\n");
  assert.equal(lines.map((line) => JSON.parse(line).status ?? "summary").at(-1), "summary");
  assert.match(
    lines[0] ?? "",
    /"status":"repaired","picture":"[ab]\.(png|jpg)","out":".*","task":"t\d"/,
  );
  assert.match(err, /PICTURES/);
  gateway.end = async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { kind: "repaired", bytes: "repaired" };
  };
  const terminal = new TerminalDouble("terminal");
  const all = ["inpaint", file("pictures"), "--url", gateway.url, ...words, "--overwrite"];
  await runCommandLine(all, terminal);
  assert.match(terminal.errText, /\[-{20}\] 0\/2/);
});

test("what cannot be meant is refused before anything is sent", async (context) => {
  const { gateway, file, run } = await placeWith(context, [...some, "mask.png", "masks/a.png"]);
  const mask = ["--mask", file("mask.png")];
  const out = ["--out", file("out")];
  const deserted = `http://127.0.0.1:${await freePort()}`;
  await mkdir(file("pictures/deep/deeper"), { recursive: true });
  await writeFile(file("kept"), "kept");
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [mask, /is a folder: name another one .* with --out/],
    [[...mask, "--out", file("mask.png")], /is a file, and .* a folder: name a folder/],
    [[...mask, "--out", file("mask.png/out")], /mask.png.out cannot be made a folder/],
    [[...mask, "--out", file("pictures/../pictures")], /is where .*pictures is read from/],
    [["--mask", file("masks"), "--out", file("masks")], /is where .*masks is read from/],
    [[...mask, "--out", file(""), "--recursive"], /--out .* holds .*pictures, which is read: name/],
    [[...mask, ...out, "--report", file("mask.png")], /mask\.png has the name of a picture/],
    [[...mask, ...out, "--report", file("kept")], /kept is there already and is no report/],
    [["--mask", file("nothing"), ...out], /cannot read .*nothing: name a mask, or a folder/],
    [[...mask, ...out, "--model", "lama"], /no worker offers the model lama; offered are: diffuse/],
    [[...mask, ...out, "--concurrency", "0"], /number from 1 to 64/],
    [[...mask, ...out, "--concurrency", "65"], /number from 1 to 64/],
    [[...mask, ...out, "--strategy", "crop"], /Allowed choices are Crop, Resize, Original/],
    [[...mask, ...out, "--report", file("no/report")], /cannot write the report/],
    [[...mask, ...out, "--url", deserted], /nobody listens at/],
  ];
  for (const [words, text] of refused) {
    const { exitCode, err } = await run(...words);
    assert.ok(exitCode === 1 || exitCode === 2, words.join(" "));
    assert.match(err, text);
  }
  const empty = ["inpaint", file("pictures/deep"), ...mask, ...out, "--url", gateway.url];
  assert.match((await troupe(...empty)).err, /no picture in .*--recursive looks into/);
  const single = ["inpaint", file("pictures/a.png"), ...mask, "--url", gateway.url];
  assert.match((await troupe(...single, "--fail-fast")).err, /--fail-fast is for a folder/);
  assert.match((await troupe(...single, "--out", file("masks"))).err, /masks is a folder/);
  assert.equal(gateway.submissions, 0);
});
