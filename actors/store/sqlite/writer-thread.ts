// The thread that owns the task store's file.
import { limits } from "#protocols/limits.ts";
import { type CommittedFile, serveCommits } from "#runtime/stores/sqlite/commit-service.ts";
import type { StoreAnswer, StoreCommand } from "../backend.ts";
import { StoreClock } from "../store-clock.ts";
import type { StorePolicy } from "../store-policy.ts";
import { buffersOfAnswer, filesBytes } from "./command-files.ts";
import { orderedId } from "./ordered-id.ts";
import { SqliteStore } from "./sqlite-store.ts";

export interface WriterSettings {
  readonly policy?: StorePolicy;
}

serveCommits<StoreCommand, StoreAnswer, WriterSettings>({
  open: openFile,
  commitCallsMax: limits.storeBatchItemsMax,
  commitBytesMax: limits.payloadBytesMax,
  bytesOf: filesBytes,
  buffersOf: buffersOfAnswer,
});

/** The store with a clock beside it. */
function openFile(
  path: string,
  settings: WriterSettings,
): CommittedFile<StoreCommand, StoreAnswer> {
  const clock = new StoreClock();
  const now = () => clock.read({ wallMs: Date.now(), monotonicMs: performance.now() });
  const aheadMs = () => clock.aheadMs;
  const opened = { path, nowMs: now(), makeId: orderedId, aheadMs };
  const store = SqliteStore.open({ ...settings, ...opened });
  clock.raise(store.newestMs);
  return {
    get commitsTotal() {
      return store.commitsTotal;
    },
    run: (commands) => store.run(commands, now()),
    tend: () => store.tend(now()),
    tidy: () => store.tidy(now()),
    close: () => store.close(),
  };
}
