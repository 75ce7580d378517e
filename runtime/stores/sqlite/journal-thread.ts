// The thread that owns a journal's file.
import { persistenceLimits } from "#runtime/persistence/persistence-limits.ts";
import { bytesOf } from "#runtime/persistence/store-call.ts";
import { serveCommits } from "./commit-service.ts";
import { JournalFile } from "./journal-file.ts";

const { commitCallsMax, commitBytesMax } = persistenceLimits;

serveCommits({
  open: (path) => JournalFile.open({ path, nowMs: Date.now() }),
  commitCallsMax,
  commitBytesMax,
  bytesOf,
  buffersOf: () => [],
});
