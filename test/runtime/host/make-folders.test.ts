import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import { makeFolders } from "#runtime/host/make-folders.ts";

const root = mkdtempSync(join(tmpdir(), "make-folders-"));
after(() => rmSync(root, { recursive: true }));

it("makes what is missing, and leaves what is there", () => {
  const folder = join(root, "a", "b", "c");
  makeFolders(folder, 0o700);
  makeFolders(folder);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(join(root, "a")).mode & 0o777, 0o700);
});

it("follows a link to a folder, and refuses one that leads nowhere", () => {
  mkdirSync(join(root, "real"));
  symlinkSync(join(root, "real"), join(root, "link"));
  makeFolders(join(root, "link", "within"));
  assert.ok(statSync(join(root, "real", "within")).isDirectory());
  symlinkSync(join(root, "gone"), join(root, "dangling"));
  assert.throws(() => makeFolders(join(root, "dangling")), { code: "EEXIST" });
});

it("refuses a file in the way, at the end or before it", () => {
  const file = join(root, "file");
  writeFileSync(file, "");
  assert.throws(() => makeFolders(file), { code: "ENOTDIR" });
  assert.throws(() => makeFolders(join(file, "below")), { code: "ENOTDIR" });
});

it("ends where nothing can be made, however deep", { timeout: 5_000 }, () => {
  assert.throws(() => makeFolders("/proc/troupe"), { code: "ENOENT" });
  assert.throws(() => makeFolders("/proc/troupe/a/b"), { code: "ENOENT" });
});

it("says whose folder may not be written to", { skip: process.getuid?.() === 0 }, () => {
  const shut = join(root, "shut");
  mkdirSync(shut);
  chmodSync(shut, 0o500);
  assert.throws(() => makeFolders(join(shut, "within")), { code: "EACCES" });
});
