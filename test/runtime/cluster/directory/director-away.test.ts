// How long a directory may be away before a node gives its session up, whenever that begins between two
// renewals: half of the session's time always, and five sixths of it never.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DirectoryActor } from "#runtime/cluster/directory/directory-actor.ts";
import { MemoryDirectoryJournal } from "#runtime/cluster/directory/directory-journal.ts";
import { DirectorySession } from "#runtime/cluster/directory/directory-session.ts";
import { EmbeddedDirectory } from "#runtime/cluster/directory/embedded-directory.ts";
import { SessionKeeperActor } from "#runtime/cluster/directory/session-keeper.ts";
import { createTestSystem } from "#runtime/testkit/index.ts";

const ttlMs = 15_000;

/** The code with which the session was lost; undefined: it goes on. */
async function lostWhenAway(terms: { readonly fromMs: number; readonly forMs: number }) {
  const { system, time, stop } = createTestSystem({ director: "elsewhere" });
  const args = {
    journal: new MemoryDirectoryJournal(),
    sessionsEnd: "with-their-time",
  } as const;
  const spawn = () => system.spawn(DirectoryActor, args, { name: "directory" });
  const director = spawn();
  await time.until(system.started(director));
  const directory = new EmbeddedDirectory(system, system.node.name);
  const session = new DirectorySession(system, directory, { ttlMs });
  const find = () => Promise.reject(new Error("nobody is looked for"));
  system.spawn(SessionKeeperActor, { session, find }, { name: "session" });
  await time.until(session.opened);
  await time.advance(2 * ttlMs + terms.fromMs);
  assert.ok(session.isSafe);
  await time.until(system.stopActor(director));
  await time.advance(terms.forMs);
  await time.until(system.started(spawn()));
  await time.advance(2 * ttlMs);
  await stop();
  return session.lost?.code;
}

for (const fromMs of [0, 1_000, 2_500, 4_000, 4_900]) {
  test(`a directory that goes ${fromMs} ms behind a renewal may be away for half of a session's time`, async () => {
    // Less the time until the node tries again.
    assert.equal(await lostWhenAway({ fromMs, forMs: ttlMs / 2 - 600 }), undefined);
    assert.equal(await lostWhenAway({ fromMs, forMs: (ttlMs * 5) / 6 }), "session_lost");
  });
}
