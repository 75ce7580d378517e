// A store whose disk is full, or may not be written: it says so, keeps what it has, and goes on by
// itself when it can. On a small file system of its own where the tests may make one, otherwise with a
// limit on the size of files.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { inspect } from "#actors/store/sqlite/store-inspection.ts";
import { Failure } from "#protocols/failure.ts";
import { file, submission } from "../submissions.ts";
import { ChildStore } from "./child-store.ts";

interface SmallDisk {
  readonly folder: string;
  fill(pid: number): void;
  free(pid: number): void;
}

interface Folder {
  readonly folder: string;
  /** Whether it is a file system of its own, of 8 MiB. */
  readonly isMounted: boolean;
}

function ownFolder(t: TestContext): Folder {
  const folder = mkdtempSync(join(tmpdir(), "disk-"));
  const isMounted = mounted(folder);
  t.after(() => {
    if (isMounted) execFileSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return { folder, isMounted };
}

function mounted(folder: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function smallDisk(t: TestContext): SmallDisk {
  const { folder, isMounted } = ownFolder(t);
  if (isMounted) {
    const filler = join(folder, "filler");
    return {
      folder,
      fill: () => {
        // As much as there is: the write that fails leaves what fitted.
        assert.throws(() => writeFileSync(filler, Buffer.alloc(9 * 1024 * 1024)), /ENOSPC/);
      },
      free: () => rmSync(filler),
    };
  }
  const limitTo = (pid: number, size: string): void => {
    execFileSync("prlimit", ["--pid", String(pid), `--fsize=${size}:`]);
  };
  return {
    folder,
    fill: (pid) => limitTo(pid, "4096"),
    free: (pid) => limitTo(pid, "unlimited"),
  };
}

const inputs = [file("image", 50_000)];
const submit = (store: ChildStore, name: string) =>
  store.call({ method: "submit", args: [submission({ name, inputs, idempotencyKey: name })] });

test("a full disk refuses tasks with what to do, keeps those that it has, and takes more when there is room", async (t) => {
  const disk = smallDisk(t);
  const path = join(disk.folder, "tasks.db");
  const store = await new ChildStore("sqlite").loaded();
  t.after(() => store.kill());
  await store.open({ kind: "sqlite", path });
  const kept: string[] = [];
  const keep = async (name: string): Promise<void> => {
    const answer = await submit(store, name);
    assert.equal(answer.kind, "created", name);
    kept.push(name);
  };
  for (let count = 0; count < 5; count += 1) await keep(`before ${count}`);
  const claim = { node: "n", incarnation: 1, models: ["m"], max: 1 };
  const [lease] = await store.call({ method: "claim", args: [claim] });
  assert.ok(lease);
  disk.fill(store.pid);
  // What is allocated already may still hold some.
  let refusal: unknown;
  for (let count = 0; count < 200 && refusal === undefined; count += 1) {
    refusal = await keep(`while it fills ${count}`).then(
      () => undefined,
      (cause: unknown) => cause,
    );
  }
  const { code, detail } = Failure.of(refusal);
  assert.equal(code, "store_failed");
  assert.match(detail, /nothing was stored; (free space|look for a full)/);
  const { pending } = await store.call({ method: "counts", args: [] });
  assert.equal(pending, kept.length - 1, "nothing of what was refused is there");
  const result = { figures: {}, files: inputs };
  await assert.rejects(store.call({ method: "complete", args: [{ lease, result }] }), {
    code: "store_failed",
  });
  disk.free(store.pid);
  await keep("afterwards");
  const done = await store.call({ method: "complete", args: [{ lease, result }] });
  assert.equal(done.kind, "committed", "its lease has outlived the full disk");
  const { tasks } = await store.call({ method: "list", args: [{ limit: 1_000 }] });
  assert.deepEqual(
    tasks.map(({ name }) => name),
    kept,
  );
  assert.deepEqual(inspect({ path, nowMs: Date.now() }), []);
});

test("a store that was killed while its disk was full has all that it acknowledged when it is opened again", async (t) => {
  const disk = smallDisk(t);
  const path = join(disk.folder, "tasks.db");
  const store = await new ChildStore("sqlite").loaded();
  t.after(() => store.kill());
  await store.open({ kind: "sqlite", path });
  let kept = 0;
  for (; kept < 5; kept += 1) await submit(store, `task ${kept}`);
  disk.fill(store.pid);
  for (;;) {
    const isKept = await submit(store, `task ${kept}`).then(
      () => true,
      () => false,
    );
    if (!isKept) break;
    kept += 1;
  }
  disk.free(store.pid);
  const unsure = submit(store, `task ${kept}`).catch(() => undefined);
  await store.kill();
  await unsure;
  const next = await new ChildStore("sqlite").loaded();
  t.after(() => next.kill());
  await next.open({ kind: "sqlite", path });
  const { pending } = await next.call({ method: "counts", args: [] });
  assert.ok(pending === kept || pending === kept + 1, `${pending} of ${kept}`);
  assert.deepEqual(inspect({ path, nowMs: Date.now() }), []);
  await next.close();
});

test("a store on a disk that may only be read does not open, says what to do, and opens when it may be written", async (t) => {
  const { folder, isMounted } = ownFolder(t);
  if (!isMounted && process.getuid?.() === 0) {
    t.skip("the superuser may write anywhere, and a read-only disk cannot be made here");
    return;
  }
  const path = join(folder, "tasks.db");
  const open = async (): Promise<number> => {
    const store = await new ChildStore("sqlite").loaded();
    try {
      await store.open({ kind: "sqlite", path });
      await submit(store, `task of ${store.pid}`);
      return (await store.call({ method: "counts", args: [] })).pending;
    } finally {
      await store.close();
    }
  };
  const allow = (may: "ro" | "rw"): void => {
    if (isMounted) execFileSync("mount", ["-o", `remount,${may}`, folder]);
    else chmodSync(folder, may === "ro" ? 0o555 : 0o755);
  };
  assert.equal(await open(), 1);
  allow("ro");
  await assert.rejects(open, (cause) => {
    const { code, detail } = Failure.of(cause);
    assert.equal(code, "store_failed");
    assert.match(detail, /writable|may write/);
    return true;
  });
  allow("rw");
  assert.equal(await open(), 2);
});
