// The directory kept by an actor: in memory and in a file, on virtual time.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Failure } from "#protocols/failure.ts";
import { DirectoryActor } from "#runtime/cluster/directory/directory-actor.ts";
import {
  type DirectoryJournal,
  MemoryDirectoryJournal,
} from "#runtime/cluster/directory/directory-journal.ts";
import { EmbeddedDirectory } from "#runtime/cluster/directory/embedded-directory.ts";
import { SqliteDirectoryJournal } from "#runtime/stores/sqlite-directory-journal.ts";
import { createTestSystem } from "#runtime/testkit/index.ts";
import { codeOf, type DirectoryPlace, directoryContract } from "./directory-contract.ts";

async function place(
  journal: DirectoryJournal,
  settle: () => Promise<void>,
  cleanUp: () => Promise<void>,
): Promise<DirectoryPlace> {
  const { system, time, stop } = createTestSystem({ director: "elsewhere" });
  const args = { journal, sessionsEnd: "with-their-time" } as const;
  const spawn = () => system.spawn(DirectoryActor, args, { name: "directory" });
  let actor = spawn();
  await system.started(actor);
  const directory = new EmbeddedDirectory(system, system.node.name);
  return {
    directory,
    ttlMs: 3_000,
    pass: async (ms) => {
      await settle();
      await time.advance(ms);
      await settle();
    },
    // What a file's thread does takes no virtual time: it is waited for, then time moves on.
    until: async (promise) => {
      let isSettled = false;
      const settled = (): void => {
        isSettled = true;
      };
      promise.then(settled, settled);
      while (!isSettled) {
        await time.settle();
        await settle();
      }
      return promise;
    },
    restart: async () => {
      await system.stopActor(actor);
      actor = spawn();
      await system.started(actor);
    },
    end: async () => {
      await stop();
      await journal.close();
      await cleanUp();
    },
  };
}

const moment = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

directoryContract("embedded in memory", () =>
  place(new MemoryDirectoryJournal(), moment, async () => {}),
);

directoryContract("embedded in a file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-directory-"));
  const journal = new SqliteDirectoryJournal(join(folder, "directory.sqlite"));
  const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
  return place(journal, wait, () => rm(folder, { recursive: true }));
});

test("what could not be journalled was not done: the directory begins anew from what was kept", async () => {
  const kept = new MemoryDirectoryJournal();
  let isBroken = false;
  const journal: DirectoryJournal = {
    load: () => kept.load(),
    commit: (rows) =>
      isBroken
        ? Promise.reject(new Failure("store_failed", "the disk is full"))
        : kept.commit(rows),
    close: () => Promise.resolve(),
  };
  const { directory, end, until, pass } = await place(journal, moment, async () => {});
  const seen: string[] = [];
  directory.watch("k", {
    lost: () => seen.push("list"),
    changed: (changes) => seen.push(...changes.map(({ entry }) => String(entry.value))),
  });
  const before = await until(directory.put({ key: "k", value: "before", expect: "any" }));
  await pass(10);
  isBroken = true;
  const during = ["one", "two"].map((value) =>
    codeOf(directory.put({ key: "k", value, expect: before.revision })),
  );
  await pass(30);
  assert.deepEqual(seen, ["list", "before"], "nobody saw what was not kept");
  isBroken = false;
  await pass(2_000);
  const codes = await until(Promise.all(during));
  assert.deepEqual(codes.sort(), ["conflict", "done"]);
  const after = await until(directory.get("k"));
  assert.ok(after && after.revision > before.revision);
  await pass(1_000);
  assert.deepEqual(seen, ["list", "before", after.value], "and who watches hears of it");
  await end();
});

test("a file that is damaged, or in use by another director, is refused with its path", async () => {
  const folder = await mkdtemp(join(tmpdir(), "troupe-directory-"));
  const path = join(folder, "directory.sqlite");
  const journal = new SqliteDirectoryJournal(path);
  await journal.commit([{ key: "e:k", value: [1, 1, null, "x"] }]);
  const second = new SqliteDirectoryJournal(path);
  await assert.rejects(second.load(), (error: Failure) => error.detail.includes(path));
  await journal.close();
  assert.deepEqual(await second.load(), [{ key: "e:k", value: [1, 1, null, "x"] }]);
  await second.close();
  const bytes = await readFile(path);
  const at = bytes.lastIndexOf("null,");
  assert.ok(at > 0);
  bytes.write("nulL,", at);
  await writeFile(path, bytes);
  await assert.rejects(journal.load(), { code: "corrupt" });
  await journal.close();
  await rm(folder, { recursive: true });
});
