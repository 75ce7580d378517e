import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { changedSample, validSample } from "../topology/topology-mistakes.ts";
import { troupe } from "./terminal-double.ts";

/** A model that can be served. */
const builtin = fileURLToPath(new URL("../../../actors/inference/models/diffuse", import.meta.url));
const bin = fileURLToPath(new URL("../../../nodes/troupe.mjs", import.meta.url));

let folder = "";
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "troupe-cli-"));
  await cp(builtin, path.join(folder, "models", "m"), { recursive: true });
  await writeFile(path.join(folder, "good.yaml"), validSample);
  await writeFile(path.join(folder, "bad.yaml"), changedSample("[worker]", "[wroker]"));
});
after(() => rm(folder, { recursive: true, force: true }));

const file = (name: string): string => path.join(folder, name);

test("check prints ok, the summary and the tree with roles and replicas expanded", async () => {
  const { exitCode, out, err } = await troupe("check", file("good.yaml"));
  assert.deepEqual([exitCode, err], [0, ""]);
  const [tree = "", threads = ""] = out.split("\nthreads of worker-1: ");
  assert.match(
    threads,
    /^up to 2 engines at a time share \d+ processors? of this machine\nthreads of/,
  );
  assert.equal(
    tree,
    `ok  cluster test: 3 nodes, 1 model, http://127.0.0.1:8080

control  tcp://127.0.0.1:7600  director
├─ data  rest-for-one
│  ├─ store
│  └─ queue-manager
├─ state  one-for-one
│  └─ state-manager
├─ registry  one-for-one
│  ├─ node-registry
│  └─ node-agent
├─ control  one-for-one
│  ├─ control-channel
│  ├─ error-handler
│  └─ confirmations
└─ gateway  one-for-one
   └─ http-gateway
worker-1  tcp://127.0.0.1:*
├─ registry  one-for-one
│  └─ node-agent
└─ workers  one-for-one
   └─ inference
worker-2  tcp://127.0.0.1:*
├─ registry  one-for-one
│  └─ node-agent
└─ workers  one-for-one
   └─ inference
`,
  );
});

test("a wrong file is reported and exits with 2, whichever command reads it", async () => {
  for (const words of [["check"], ["up"], ["node"]]) {
    const rest = words[0] === "node" ? ["control"] : [];
    const { exitCode, out, err } = await troupe(...words, file("bad.yaml"), ...rest);
    assert.deepEqual([exitCode, out], [2, ""]);
    assert.match(err, /bad\.yaml:14:13 {2}nodes\[1\]\.roles\[0\].*did you mean worker\?/);
    assert.match(err, /remedy: write worker/);
  }
});

test("an absent file and an unknown node exit with 2", async () => {
  const absent = await troupe("check", file("absent.yaml"));
  assert.equal(absent.exitCode, 2);
  assert.match(absent.err, /cannot read .*absent\.yaml/);
  const unknown = await troupe("node", file("good.yaml"), "worker-3");
  assert.equal(unknown.exitCode, 2);
  assert.match(
    unknown.err,
    /no node worker-3; did you mean worker-1\? It has control, worker-1, worker-2/,
  );
});

test("misspelt commands and options are met with a suggestion and exit code 2", async () => {
  const command = await troupe("chekc", "x");
  assert.equal(command.exitCode, 2);
  assert.match(command.err, /unknown command 'chekc'[\s\S]*Did you mean check\?/);
  const option = await troupe("up", "x", "--smaple");
  assert.equal(option.exitCode, 2);
  assert.match(option.err, /unknown option '--smaple'[\s\S]*Did you mean --sample\?/);
  const missing = await troupe("inpaint", "x.jpg");
  assert.equal(missing.exitCode, 2);
  assert.match(missing.err, /required option '--mask <file>' not specified/);
});

test("every command has help with examples, and the program's names the exit codes", async () => {
  const all = await troupe("--help");
  assert.equal(all.exitCode, 0);
  assert.match(all.out, /Exit codes:[\s\S]*130/);
  for (const command of ["up", "node", "check", "inpaint", "status", "schema"]) {
    assert.match(all.out, new RegExp(`^ {2}${command} `, "m"));
    const one = await troupe(command, "--help");
    assert.equal(one.exitCode, 0);
    assert.match(one.out, new RegExp(`Examples:\\n {2}troupe ${command} ?`));
  }
});

test("up with a taken port says which and what to do, and starts nothing", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    await writeFile(file("taken.yaml"), changedSample("port: 8080", `port: ${port}`));
    const { exitCode, out, err } = await troupe("up", file("taken.yaml"));
    assert.deepEqual([exitCode, out], [1, ""]);
    assert.match(err, new RegExp(`127.0.0.1:${port} \\(gateway.port\\) is taken.*ss -ltnp`));
  } finally {
    server.close();
  }
});

test("the executable works from any folder and passes the exit code on", async () => {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [bin, "check", "good.yaml"], { cwd: folder });
  assert.match(stdout, /^ok {2}cluster test/);
  await assert.rejects(
    run(process.execPath, [bin, "check", "bad.yaml"], { cwd: folder }),
    (error: Error & { code?: number; stderr?: string }) =>
      error.code === 2 && (error.stderr ?? "").includes("bad.yaml:14:13"),
  );
});

test("what is misspelt is refused with the nearest word, before anything is asked", async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["modles"], /unknown command 'modles'.*Did you mean models\?/s],
    [["models", "instal", "x"], /unknown command 'instal'.*Did you mean install\?/s],
    [["models", "diffuse"], /unknown command 'diffuse'.*There are install, load, unload, reload/s],
    [["keys", "mak"], /unknown command 'mak'.*Did you mean make\?/s],
    [["keys", "add", "--nod", "x"], /unknown option '--nod'.*Did you mean --node\?/s],
    [["inpaint", "a.jpg", "--maks", "m.png"], /unknown option '--maks'.*Did you mean --mask\?/s],
    [["models", "load", "m", "--nod", "x"], /unknown option '--nod'.*Did you mean --node\?/s],
    [["status", "--ulr", "x"], /unknown option '--ulr'.*Did you mean --url\?/s],
    [["errors", "--class", "netwrok"], /'netwrok' is invalid. Allowed choices are .*network/],
    [["inpaint", "a.jpg"], /required option '--mask <file>' not specified/],
    [["keys", "add", "--node", "x"], /required option '--key <public>' not specified/],
    [["status", "more"], /too many arguments for 'status'/],
  ];
  for (const [words, reason] of cases) {
    const { exitCode, out, err } = await troupe(...words);
    assert.deepEqual([exitCode, out], [2, ""], words.join(" "));
    assert.match(err, reason);
  }
});

test("every command refuses an option that it does not have", async () => {
  const { out } = await troupe("--help");
  const names = [...out.matchAll(/^ {2}([a-z][a-z-]+)[ \n]/gm)].map(([, name = ""]) => name);
  const commands = names.filter((name) => !["help", "troupe"].includes(name));
  assert.ok(commands.length >= 20, `${commands}`);
  for (const name of commands) {
    const { exitCode, err } = await troupe(name, "--no-such-option");
    assert.equal(exitCode, 2, name);
    assert.match(err, /unknown option '--no-such-option'/, name);
  }
});

test("the version is told, and an address with a password is not repeated", async () => {
  const { exitCode, out } = await troupe("--version");
  assert.equal(exitCode, 0);
  assert.match(out, /^\d+\.\d+\.\d+\n$/);
  const { err } = await troupe("status", "--url", "http://us3r:p4ss@127.0.0.1:9");
  assert.match(err, /the address of 127\.0\.0\.1:9 has a name in it/);
  assert.doesNotMatch(err, /us3r|p4ss/);
});
