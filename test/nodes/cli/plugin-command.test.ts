// What is said of a plugin is checked before anything is sent.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import sharp from "sharp";
import { StandInGateway } from "./batch/stand-in-gateway.ts";
import { type CommandRun, troupe } from "./terminal-double.ts";

const model = (name: string, kind: string, more: object = {}) => ({
  ...{ node: "worker-1", name, kind, version: 1, state: "READY", reason: "" },
  ...{ aliases: [`${name}@1`], isDefault: true, ...more },
});
const models = [
  model("u2net", "remove-background"),
  model("gfpgan", "restore-face", { state: "UNAVAILABLE", reason: "no memory", isDefault: false }),
  model("faces", "restore-face"),
  model("makegif", "make-gif"),
  model("esrgan", "upscale"),
];
const picture = await sharp({ create: { width: 2, height: 2, channels: 3, background: "red" } })
  .jpeg()
  .toBuffer();

async function stage(context: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), "troupe-plugin-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = (name: string): string => path.join(folder, name);
  await writeFile(file("a.jpg"), picture);
  await mkdir(file("folder"));
  const gateway = await StandInGateway.start(context);
  gateway.before = ({ url }, response) => {
    if (url !== "/api/models") return false;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ models, silent: [] }));
    return true;
  };
  const run = (...words: string[]): Promise<CommandRun> =>
    troupe("plugin", ...words, "--url", gateway.url);
  return { file, run, gateway, names: () => readdir(folder) };
}

test("options that a plugin does not take, or needs, are refused by name", async (context) => {
  const { file, run, gateway } = await stage(context);
  const given = [file("a.jpg"), "--out", file("b.png")];
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["RemoveBG", ...given, "--clicks", "[]"], /--clicks is for InteractiveSeg, and RemoveBG does/],
    [
      ["RemoveBG", ...given, "--upscale", "2"],
      /--upscale is for RealESRGAN, and RemoveBG does not/,
    ],
    [["RealESRGAN", ...given, "--clean", "x"], /--clean is for MakeGIF, and RealESRGAN does not/],
    [["RealESRGAN", ...given], /RealESRGAN needs --upscale/],
    [["MakeGIF", ...given], /MakeGIF needs --clean/],
    [["removebg", ...given], /no plugin removebg; did you mean RemoveBG\?/],
    [["Sharpen", ...given], /no plugin Sharpen, only InteractiveSeg, RemoveBG/],
    [["--upscale", "2"], /--upscale is for one plugin: name it/],
    [["RemoveBG", ...given, "--otu", "x"], /unknown option '--otu'.*Did you mean --out\?/s],
  ];
  for (const [words, reason] of cases) {
    const { exitCode, err } = await run(...words);
    assert.notEqual(exitCode, 0);
    assert.match(err, reason);
  }
  assert.equal(gateway.submissions, 0);
});

test("where the result cannot be kept nothing is asked for", async (context) => {
  const { file, run, gateway, names } = await stage(context);
  const cases: readonly (readonly [string, RegExp])[] = [
    [file("folder"), /folder is a folder: name a file in it with --out/],
    [file("gone/b.png"), /there is no folder .*gone; make it/],
    ["/proc/troupe.png", /cannot write \/proc\/troupe\.png: ENOENT/],
    [file("b.jpg"), /b\.jpg would hold PNG, not what \.jpg says: name it .*b\.png/],
    [file("b.GIF"), /would hold PNG, not what \.GIF says/],
  ];
  for (const [out, reason] of cases) {
    const { exitCode, err } = await run("RemoveBG", file("a.jpg"), "--out", out);
    assert.equal(exitCode, 1);
    assert.match(err, reason);
  }
  const large = ["RealESRGAN", file("a.jpg"), "--upscale", "2", "--out", file("b.png")];
  assert.match((await run(...large)).err, /would hold JPEG, not what \.png says: name it .*b\.jpg/);
  assert.equal(gateway.submissions, 0);
  assert.deepEqual((await names()).sort(), ["a.jpg", "folder"], "looking leaves nothing behind");
});

test("what is there is replaced, and keeps its bytes until then; a link is followed", async (context) => {
  const { file, run, gateway } = await stage(context);
  await writeFile(file("b.png"), "before");
  await symlink(file("c.png"), file("link.png"));
  let during = "";
  gateway.end = async () => {
    during = await readFile(file("b.png"), "utf8");
    return { kind: "repaired", bytes: "cut out" };
  };
  const done = await run("RemoveBG", file("a.jpg"), "--out", file("b.png"));
  assert.deepEqual([done.exitCode, done.out], [0, `${file("b.png")}\n`], done.err);
  assert.equal(during, "before");
  assert.equal(await readFile(file("b.png"), "utf8"), "cut out");
  await run("RemoveBG", file("a.jpg"), "--out", file("link.png"), "--model", "u2net@1");
  assert.equal(await readFile(file("c.png"), "utf8"), "cut out");
});

test("what comes in another format than it was to gets its own name", async (context) => {
  const { file, run } = await stage(context);
  const words = [file("a.jpg"), "--clean", file("a.jpg"), "--out", file("b.gif")];
  const { out } = await run("MakeGIF", ...words);
  assert.equal(out, `${file("b.gif.png")}\n`, "the stand-in answers with a PNG");
});

test("Ctrl-C cancels the task, and nothing is written", async (context) => {
  const { file, run, gateway, names } = await stage(context);
  gateway.end = () => {
    process.emit("SIGINT", "SIGINT");
    return new Promise(() => undefined);
  };
  const { exitCode, err } = await run("RemoveBG", file("a.jpg"), "--out", file("b.png"));
  assert.equal(exitCode, 130, err);
  assert.deepEqual(gateway.cancelled, ["t1"]);
  assert.deepEqual((await names()).sort(), ["a.jpg", "folder"]);
});

test("a model that cannot run the plugin is refused with what keeps it from that", async (context) => {
  const { file, run, gateway } = await stage(context);
  const given = [file("a.jpg"), "--out", file("b.jpg"), "--model"];
  const cases: readonly (readonly [string, RegExp])[] = [
    ["lama", /GFPGAN is not run by the model lama: there is none of that name; offered are: none/],
    ["u2net", /that is for remove-background, not for restore-face; .* troupe models tells which/],
    ["faces", /model faces: its models have names that begin with gfpgan/],
    ["gfpgan", /model gfpgan: that is UNAVAILABLE \(no memory\)/],
  ];
  for (const [name, reason] of cases) {
    const { exitCode, err } = await run("GFPGAN", ...given, name);
    assert.equal(exitCode, 1);
    assert.match(err, reason);
  }
  const none = await run("GFPGAN", file("a.jpg"), "--out", file("b.jpg"));
  assert.match(
    none.err,
    /not offered: no model of kind restore-face whose name begins with gfpgan is ready/,
  );
  assert.equal(gateway.submissions, 0);
});
