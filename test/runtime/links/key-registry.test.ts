import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeKeyPair } from "#runtime/links/curve-keys.ts";
import { KeyRegistry, registryBounds } from "#runtime/links/key-registry.ts";
import {
  loadRegistry,
  RegistryWatch,
  registryFile,
  saveRegistry,
} from "#runtime/links/key-registry-file.ts";

const newKey = (): string => makeKeyPair().publicKey;

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "troupe-registry-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("a key speaks for the node that it is listed under, and for nobody when it is not", () => {
  const [a, b] = [newKey(), newKey()];
  const registry = KeyRegistry.empty
    .withKey({ node: "a", key: a, roles: ["worker"] })
    .withKey({ node: "b", key: b });
  assert.equal(registry.bearer(a)?.name, "a");
  assert.equal(registry.bearer(newKey()), undefined);
  assert.deepEqual(registry.keysOf("b"), [b]);
  assert.deepEqual(registry.keysOf("c"), []);
  assert.deepEqual(registry.node("a")?.roles, ["worker"]);
});

test("a node has two keys at most, keeps its roles, and leaves with its last key", () => {
  const keys = [newKey(), newKey(), newKey()] as const;
  const one = KeyRegistry.empty.withKey({ node: "a", key: keys[0], roles: ["worker"] });
  const two = one.withKey({ node: "a", key: keys[1] });
  assert.deepEqual(two.node("a"), { name: "a", keys: [keys[0], keys[1]], roles: ["worker"] });
  assert.throws(() => two.withKey({ node: "a", key: keys[2] }), {
    code: "invalid",
    message: /a has 2 keys already: remove the older one first/,
  });
  const later = two.withoutKey({ node: "a", key: keys[0] });
  assert.deepEqual(later.keysOf("a"), [keys[1]]);
  assert.equal(later.withoutKey({ node: "a", key: keys[1] }).node("a"), undefined);
  assert.deepEqual(two.removedBy(later), [{ node: "a", key: keys[0] }]);
  assert.deepEqual(later.removedBy(two), []);
});

test("a key that moves to another node counts as removed from the first", () => {
  const key = newKey();
  const before = KeyRegistry.empty.withKey({ node: "a", key });
  const after = KeyRegistry.empty.withKey({ node: "b", key });
  assert.deepEqual(before.removedBy(after), [{ node: "a", key }]);
});

test("a key that another node has already, and names that are none, are refused", () => {
  const key = newKey();
  const registry = KeyRegistry.empty.withKey({ node: "a", key });
  assert.throws(() => registry.withKey({ node: "b", key }), { message: /is a's already/ });
  assert.throws(() => registry.withKey({ node: "a", key }), { message: /is a's already/ });
  for (const node of ["", "../b", "a b", "__proto__", "x".repeat(65)]) {
    assert.throws(() => registry.withKey({ node, key: newKey() }), { code: "invalid" });
  }
  assert.throws(() => registry.withKey({ node: "b", key: "0".repeat(40) }), {
    message: /no public CURVE key/,
  });
});

test("a registry is the same text and fingerprint whatever the order it was made in", () => {
  const [a, b] = [newKey(), newKey()];
  const one = KeyRegistry.empty.withKey({ node: "a", key: a }).withKey({ node: "b", key: b });
  const two = KeyRegistry.empty.withKey({ node: "b", key: b }).withKey({ node: "a", key: a });
  assert.equal(one.toText(), two.toText());
  assert.equal(one.fingerprint, two.fingerprint);
  assert.notEqual(one.fingerprint, one.withoutNode("a").fingerprint);
  assert.equal(KeyRegistry.parse(one.toText(), "f").toText(), one.toText());
});

test("a damaged registry says which file and what is wrong", () => {
  const key = newKey();
  const text = (nodes: unknown): string =>
    JSON.stringify({ format: "troupe.key-registry@1", nodes });
  const many = Array.from({ length: registryBounds.nodesMax + 1 }, () => ({ name: "a", keys: [] }));
  const damages: readonly (readonly [string, RegExp])[] = [
    ["{", /JSON/],
    ["{}", /its format must be troupe\.key-registry@1/],
    [text({}), /nodes must be a list/],
    [text([1]), /nodes\[0\] must be an object/],
    [text([{ name: "a", keys: key }]), /nodes\[0\]\.keys must be a list of texts/],
    [text([{ name: 1, keys: [key] }]), /nodes\[0\]\.name must be a text/],
    [text([{ name: "a", keys: [] }]), /a has 0 keys/],
    [text([{ name: "a", keys: [key], role: "x" }]), /unknown key role/],
    [text([{ name: "a", keys: [key], roles: [""] }]), /no name of a role/],
    [text([{ name: "a", keys: [key, key] }]), /is a's already/],
    [
      text([
        { name: "a", keys: [key] },
        { name: "a", keys: [newKey()] },
      ]),
      /a stands in it twice/,
    ],
    [text(many), /lists 1025 nodes, at most 1024/],
  ];
  for (const [damaged, seen] of damages) {
    assert.throws(() => KeyRegistry.parse(damaged, "keys/registry"), {
      code: "corrupt",
      message: seen,
    });
  }
});

test("a registry that others could have written is not believed", () => {
  const file = registryFile(mkdtempSync(join(folder, "weak-")));
  saveRegistry(file, KeyRegistry.empty, "new");
  assert.equal(statSync(file).mode & 0o777, 0o644);
  assert.throws(() => saveRegistry(file, KeyRegistry.empty, "new"), { code: "conflict" });
  chmodSync(file, 0o664);
  assert.throws(() => loadRegistry(file), { code: "invalid", message: /chmod go-w/ });
});

test("a watched registry follows its file; a damaged one does not take the place of a good one", () => {
  const file = registryFile(mkdtempSync(join(folder, "watched-")));
  const key = newKey();
  const first = KeyRegistry.empty.withKey({ node: "a", key });
  saveRegistry(file, first, "new");
  const errors: string[] = [];
  const changes: string[] = [];
  const watch = new RegistryWatch({
    file,
    log: { write: (level, _, message) => void (level === "error" && errors.push(message)) },
    changed: (next, former) => void changes.push(`${former.fingerprint} ${next.fingerprint}`),
  });
  try {
    watch.look();
    assert.deepEqual(changes, []);
    writeFileSync(file, "{");
    watch.look();
    rmSync(file);
    watch.look();
    assert.equal(watch.registry.bearer(key)?.name, "a");
    assert.equal(errors.length, 2);
    assert.match(errors[0] ?? "", /the former key registry still holds, as .*registry is no key/);
    assert.match(errors[1] ?? "", /there is no .*registry/);
    saveRegistry(file, KeyRegistry.empty, "new");
    watch.look();
    assert.equal(watch.registry.bearer(key), undefined);
    assert.deepEqual(changes, [`${first.fingerprint} ${KeyRegistry.empty.fingerprint}`]);
  } finally {
    watch.close();
  }
});
