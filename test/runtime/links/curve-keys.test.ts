import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { inspect } from "node:util";
import {
  CurveKeyPair,
  createKeyFile,
  isPublicKey,
  keyFile,
  loadKeyFile,
  makeKeyPair,
  replaceKeyFile,
} from "#runtime/links/curve-keys.ts";
import { encodeZ85 } from "#runtime/links/z85.ts";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "troupe-curve-keys-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("two pairs agree on a secret, and a third on another", () => {
  const [a, b, c] = [makeKeyPair(), makeKeyPair(), makeKeyPair()];
  assert.deepEqual(a.secretSharedWith(b.publicKey), b.secretSharedWith(a.publicKey));
  assert.notDeepEqual(a.secretSharedWith(b.publicKey), a.secretSharedWith(c.publicKey));
  assert.equal(a.publicKey.length, 40);
});

test("no key: text that is none, and points of low order", () => {
  assert.equal(isPublicKey(makeKeyPair().publicKey), true);
  for (const text of [
    "",
    "a",
    makeKeyPair().publicKey.slice(1),
    `${makeKeyPair().publicKey}00000`,
  ]) {
    assert.equal(isPublicKey(text), false, text);
  }
  const prime = 2n ** 255n - 19n;
  const lowOrder = [
    0n,
    1n,
    prime - 1n,
    prime,
    prime + 1n,
    2n ** 255n,
    2n ** 255n + 1n,
    325606250916557431795983626356110631294008115727848805560023387167927233504n,
    39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  ];
  const pair = makeKeyPair();
  for (const point of lowOrder) {
    const digits = point.toString(16).padStart(64, "0");
    const text = encodeZ85(Buffer.from(digits, "hex").reverse());
    assert.equal(isPublicKey(text), false, digits);
    assert.equal(pair.secretSharedWith(text), undefined, digits);
  }
  assert.throws(() => new CurveKeyPair("short"), { code: "corrupt" });
});

test("a pair shows its secret to nobody who prints or serialises it", () => {
  const pair = makeKeyPair();
  const shown = [inspect(pair, { depth: 9, showHidden: true }), JSON.stringify(pair), `${pair}`];
  for (const text of shown) assert.ok(!text.includes(pair.revealSecretKey()), text);
});

test("a pair comes back from its file, which only its owner reads", () => {
  const pair = makeKeyPair();
  const file = keyFile(folder, "kept");
  createKeyFile(file, { node: "kept", pair });
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const loaded = loadKeyFile(file, "kept");
  assert.equal(loaded.publicKey, pair.publicKey);
  assert.equal(loaded.revealSecretKey(), pair.revealSecretKey());
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes(".new")),
    [],
  );
});

test("a file of keys is never written over, but may be replaced on purpose", () => {
  const [first, second] = [makeKeyPair(), makeKeyPair()];
  const file = keyFile(folder, "twice");
  createKeyFile(file, { node: "twice", pair: first });
  assert.throws(() => createKeyFile(file, { node: "twice", pair: second }), {
    code: "conflict",
    message: /twice\.json is there already/,
  });
  assert.equal(loadKeyFile(file, "twice").publicKey, first.publicKey);
  replaceKeyFile(file, { node: "twice", pair: second });
  assert.equal(loadKeyFile(file, "twice").publicKey, second.publicKey);
});

test("a secret that others can read or change is refused, with the remedy", () => {
  const file = keyFile(folder, "weak");
  createKeyFile(file, { node: "weak", pair: makeKeyPair() });
  for (const [mode, seen] of [
    [0o640, /others can read \(mode 0640\): chmod 600 .*weak\.json/],
    [0o604, /others can read/],
    [0o620, /changed by others \(mode 0620\): chmod go-w/],
  ] as const) {
    chmodSync(file, mode);
    assert.throws(() => loadKeyFile(file, "weak"), { code: "invalid", message: seen });
  }
  chmodSync(file, 0o400);
  assert.ok(loadKeyFile(file, "weak"));
});

test("keys in a folder that others can change are refused, unless it is sticky", () => {
  const open = mkdtempSync(join(folder, "open-"));
  const file = keyFile(open, "n");
  createKeyFile(file, { node: "n", pair: makeKeyPair() });
  chmodSync(open, 0o777);
  const refusal = { code: "invalid", message: /the folder .* can be changed by others.*chmod 700/ };
  assert.throws(() => loadKeyFile(file, "n"), refusal);
  assert.throws(() => replaceKeyFile(file, { node: "n", pair: makeKeyPair() }), refusal);
  chmodSync(open, 0o1777);
  assert.ok(loadKeyFile(file, "n"));
});

test("another user's file is refused", { skip: process.getuid?.() !== 0 }, () => {
  const file = keyFile(folder, "foreign");
  createKeyFile(file, { node: "foreign", pair: makeKeyPair() });
  chownSync(file, 12_345, 12_345);
  assert.throws(() => loadKeyFile(file, "foreign"), { message: /belongs to user 12345/ });
});

test("a damaged file says what is wrong with it, and never shows the secret", () => {
  const pair = makeKeyPair();
  const file = keyFile(folder, "torn");
  createKeyFile(file, { node: "torn", pair });
  const text = readFileSync(file, "utf8");
  const other = makeKeyPair();
  const damages: readonly (readonly [string, RegExp])[] = [
    ["", /is no JSON object/],
    [text.slice(0, text.length / 2), /is no JSON object/],
    ["[]", /is no JSON object/],
    [text.replace("curve-keys@1", "curve-keys@9"), /not of the format troupe\.curve-keys@1/],
    [text.replace('"torn"', '"other"'), /holds the keys of other, not torn/],
    [text.replace(pair.revealSecretKey(), "x"), /no secret key of 40 characters/],
    [text.replace(pair.publicKey, other.publicKey), /two keys that are no pair/],
    [text.replace(pair.revealSecretKey(), other.revealSecretKey()), /two keys that are no pair/],
  ];
  for (const [damaged, seen] of damages) {
    writeFileSync(file, damaged);
    assert.throws(
      () => loadKeyFile(file, "torn"),
      (failure: Error & { code?: string }) => {
        assert.equal(failure.code, "corrupt");
        assert.match(failure.message, seen);
        assert.match(failure.message, /torn\.json .*troupe keys make/);
        assert.ok(!failure.message.includes(pair.revealSecretKey()));
        return true;
      },
    );
  }
  writeFileSync(file, "x".repeat(5_000));
  assert.throws(() => loadKeyFile(file, "torn"), { message: /has 5000 bytes/ });
  rmSync(file);
  assert.throws(() => loadKeyFile(file, "torn"), {
    code: "not_found",
    message: /troupe keys make/,
  });
  assert.throws(() => loadKeyFile(folder, "torn"), { message: /is no file/ });
});
