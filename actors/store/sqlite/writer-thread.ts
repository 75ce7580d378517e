// The thread that owns the task store's file.
import { nanoid } from "nanoid";
import { limits } from "#protocols/limits.ts";
import { type CommittedFile, serveCommits } from "#runtime/stores/sqlite/commit-service.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { StoreClock } from "./store-clock.ts";
import { filesBytes, filesIn, type StoreAnswer, type StoreCommand } from "./store-command.ts";

serveCommits<StoreCommand, StoreAnswer>({
  open: openFile,
  commitCallsMax: limits.storeBatchItemsMax,
  commitBytesMax: limits.payloadBytesMax,
  bytesOf: filesBytes,
  buffersOf,
});

/** The store with a clock beside it. */
function openFile(path: string): CommittedFile<StoreCommand, StoreAnswer> {
  const clock = new StoreClock();
  const now = () => clock.read({ wallMs: Date.now(), monotonicMs: performance.now() });
  const store = SqliteStore.open({ path, nowMs: now(), makeId: nanoid });
  return {
    get commitsTotal() {
      return store.commitsTotal;
    },
    run: (commands) => store.run(commands, now()),
    tend: () => store.tend(now()),
    tidy: () => store.tidy(),
    close: () => store.close(),
  };
}

/** The buffers of an answer's files; they move to the caller instead of being copied. */
function buffersOf(answer: StoreAnswer): readonly ArrayBuffer[] {
  if (answer.kind === "failed") return [];
  return filesIn(answer.value)
    .map((file) => file.bytes.buffer)
    .filter((buffer) => buffer instanceof ArrayBuffer);
}
