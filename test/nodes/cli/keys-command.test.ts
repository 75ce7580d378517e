import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { keyFile, loadKeyFile, makeKeyPair } from "#runtime/links/curve-keys.ts";
import { loadRegistry, registryFile } from "#runtime/links/key-registry-file.ts";
import { type CommandRun, troupe } from "./terminal-double.ts";

let folder = "";
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "troupe-keys-command-")), "keys");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

const keys = (verb: string, ...rest: readonly string[]): Promise<CommandRun> =>
  troupe("keys", verb, "--dir", folder, ...rest);

async function done(verb: string, ...rest: readonly string[]): Promise<string> {
  const { exitCode, out, err } = await keys(verb, ...rest);
  assert.equal(exitCode, 0, err);
  return out;
}

/** What a refused command says; the folder must be as it was. */
async function refusal(verb: string, ...rest: readonly string[]): Promise<string> {
  const before = contents();
  const { exitCode, out, err } = await keys(verb, ...rest);
  assert.notEqual(exitCode, 0, out);
  assert.deepEqual(contents(), before);
  return err;
}

const contents = (): unknown =>
  existsSync(folder)
    ? readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")])
    : [];

const registry = () => loadRegistry(registryFile(folder));
const currentKey = (node: string): string => loadKeyFile(keyFile(folder, node), node).publicKey;

test("make writes a secret and lists its public key; the secret itself is never printed", async () => {
  const out = await done("make", "--node", "control", "--role", "control", "director");
  const pair = loadKeyFile(keyFile(folder, "control"), "control");
  assert.match(out, /made the keys of control\nsecret .*control\.json\npublic /);
  assert.ok(out.includes(pair.publicKey) && !out.includes(pair.revealSecretKey()));
  assert.deepEqual(registry().node("control"), {
    name: "control",
    keys: [pair.publicKey],
    roles: ["control", "director"],
  });
  const json: unknown = JSON.parse(await done("make", "--node", "worker-1", "--json"));
  assert.deepEqual(json, {
    node: "worker-1",
    keys: [currentKey("worker-1")],
    file: keyFile(folder, "worker-1"),
    fingerprint: registry().fingerprint,
  });
  assert.deepEqual(readdirSync(folder).sort(), ["control.json", "registry", "worker-1.json"]);
});

test("make refuses to write over keys, and names that are none, and changes nothing", async () => {
  await done("make", "--node", "a");
  assert.match(await refusal("make", "--node", "a"), /a has a key .*troupe keys rotate/);
  assert.match(await refusal("make", "--node", "../x"), /no name of a node/);
  assert.match(
    await refusal("make", "--node", "b", "--role", "boss"),
    /no role "boss": use control/,
  );
  await done("remove", "--node", "a");
  assert.match(await refusal("make", "--node", "a"), /a\.json is there already/);
});

test("a key that was made elsewhere is added, but not twice and not for two nodes", async () => {
  const { publicKey } = makeKeyPair();
  await done("add", "--node", "a", "--key", publicKey, "--role", "worker");
  assert.deepEqual(registry().node("a"), { name: "a", keys: [publicKey], roles: ["worker"] });
  assert.match(await refusal("add", "--node", "b", "--key", publicKey), /is a's already/);
  assert.match(await refusal("add", "--node", "b", "--key", "xyz"), /no public CURVE key.*quotes/);
  assert.match(await refusal("add", "--node", "b"), /required option '--key <public>'/);
});

test("list shows whose secrets are here, and what is wrong with one that cannot be used", async () => {
  assert.match(await refusal("list"), /there is no .*registry: begin one with troupe keys make/);
  await done("make", "--node", "a");
  await done("make", "--node", "b");
  await done("add", "--node", "c", "--key", makeKeyPair().publicKey);
  writeFileSync(keyFile(folder, "b"), "{}");
  const out = await done("list");
  assert.match(out, new RegExp(`registry, fingerprint ${registry().fingerprint}\n`));
  assert.match(
    out,
    /\na +any +here +\S{40}\nb +any +unusable +\S{40}\nc +any +elsewhere +\S{40}\n/,
  );
  assert.match(out, /problem: b: .*b\.json is not of the format/);
  const listed = JSON.parse(await done("list", "--json"));
  assert.deepEqual(
    listed.nodes.map((node: { name: string; secret: string }) => [node.name, node.secret]),
    [
      ["a", "here"],
      ["b", "unusable"],
      ["c", "elsewhere"],
    ],
  );
});

test("a key is changed without a gap: both are listed until the old one is removed", async () => {
  await done("make", "--node", "a");
  const old = currentKey("a");
  assert.match(await refusal("rotate", "--node", "a", "--finish"), /does not change its key/);
  await done("rotate", "--node", "a");
  const [first, second] = registry().keysOf("a");
  assert.equal(first, old);
  assert.equal(currentKey("a"), old);
  assert.match(await refusal("rotate", "--node", "a"), /waits to be put to use.*--finish/);
  const out = await done("rotate", "--node", "a", "--finish");
  assert.ok(out.includes(`--key '${old}'`));
  assert.equal(currentKey("a"), second);
  assert.deepEqual(registry().keysOf("a"), [old, second]);
  assert.match(await refusal("rotate", "--node", "a"), /2 keys already: remove the older one/);
  await done("remove", "--node", "a", "--key", old);
  assert.deepEqual(registry().keysOf("a"), [second]);
  await done("rotate", "--node", "a");
});

test("a following key that the registry does not list is not put to use", async () => {
  await done("make", "--node", "a");
  await done("rotate", "--node", "a");
  const next = registry().keysOf("a").at(-1) ?? "";
  await done("remove", "--node", "a", "--key", next);
  assert.match(await refusal("rotate", "--node", "a", "--finish"), /does not list the key of/);
});

test("remove takes a node out, and says which secret is of no use any more", async () => {
  await done("make", "--node", "a");
  await done("make", "--node", "b");
  assert.match(await refusal("remove", "--node", "z"), /has no "z", it has a, b/);
  assert.match(
    await refusal("remove", "--node", "a", "--key", "x"),
    /a has no key "x", it has \S{40}/,
  );
  assert.match(await done("remove", "--node", "a"), /removed 1 key of a\n.*rm .*a\.json/);
  assert.deepEqual(
    registry().nodes.map(({ name }) => name),
    ["b"],
  );
});

test("two at work in one folder do not undo each other", async () => {
  await done("make", "--node", "a");
  const lock = join(folder, "registry.lock");
  writeFileSync(lock, "");
  assert.match(
    await refusal("make", "--node", "b"),
    /another troupe keys.*remove .*registry\.lock/,
  );
  rmSync(lock);
  await done("make", "--node", "b");
});

test("every step has help with examples", async () => {
  for (const verb of ["make", "list", "add", "remove", "rotate"]) {
    const { exitCode, out } = await troupe("keys", verb, "--help");
    assert.equal(exitCode, 0);
    assert.match(out, new RegExp(`Examples:\\n {2}troupe keys ${verb} `));
    assert.match(out, /--json/);
  }
  const { err, exitCode } = await troupe("keys", "mkae");
  assert.equal(exitCode, 2);
  assert.match(err, /Did you mean make\?/);
});
