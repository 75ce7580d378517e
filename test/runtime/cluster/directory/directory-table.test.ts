// The meaning of the directory, on a clock of its own; and every other directory against it, over
// random histories.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DirectoryActor } from "#runtime/cluster/directory/directory-actor.ts";
import { MemoryDirectoryJournal } from "#runtime/cluster/directory/directory-journal.ts";
import { EmbeddedDirectory } from "#runtime/cluster/directory/embedded-directory.ts";
import { createTestSystem } from "#runtime/testkit/index.ts";
import { directoryContract } from "./directory-contract.ts";
import { outcomeOf, stateOf, step } from "./directory-history.ts";
import { TableDirectory } from "./table-directory.ts";

directoryContract("table", () => {
  const directory = new TableDirectory();
  return Promise.resolve({
    directory,
    ttlMs: 3_000,
    pass: (ms) => {
      directory.nowMs += ms;
      directory.look();
      return Promise.resolve();
    },
    until: (promise) => promise,
    restart: () => {
      directory.restart();
      return Promise.resolve();
    },
    end: () => Promise.resolve(),
  });
});

test("an actor's directory does what the table does, whatever happens to it", async () => {
  const history = fc.array(step, { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const table = new TableDirectory();
      const { system, stop, time } = createTestSystem({ director: "elsewhere" });
      const args = {
        journal: new MemoryDirectoryJournal(),
        sessionsEnd: "with-their-time",
      } as const;
      const spawn = () => system.spawn(DirectoryActor, args, { name: "directory" });
      let actor = spawn();
      const directory = new EmbeddedDirectory(system, system.node.name);
      for (const action of steps) {
        if (action.kind === "pass") {
          table.nowMs += action.ms;
          table.look();
          await time.advance(action.ms);
        } else if (action.kind === "restart") {
          table.restart();
          await time.until(system.stopActor(actor));
          actor = spawn();
          await time.settle();
        } else {
          const expected = await outcomeOf(table, action);
          assert.equal(await time.until(outcomeOf(directory, action)), expected);
        }
        assert.deepEqual(await time.until(stateOf(directory)), await stateOf(table));
      }
      await stop();
    }),
    { numRuns: 60 },
  );
});
