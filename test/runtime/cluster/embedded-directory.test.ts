// The directory kept by an actor: in memory and in a file, on virtual time.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectoryActor } from "#runtime/cluster/directory-actor.ts";
import {
  type DirectoryJournal,
  MemoryDirectoryJournal,
} from "#runtime/cluster/directory-journal.ts";
import { EmbeddedDirectory } from "#runtime/cluster/embedded-directory.ts";
import { SqliteDirectoryJournal } from "#runtime/stores/sqlite-directory-journal.ts";
import { createTestSystem } from "#runtime/testkit/index.ts";
import { type DirectoryPlace, directoryContract } from "./directory-contract.ts";

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
