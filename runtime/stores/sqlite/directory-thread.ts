// The thread that owns the directory's file.
import { persistenceLimits } from "#runtime/persistence/persistence-limits.ts";
import { serveCommits } from "./commit-service.ts";
import { directoryCallBytes } from "./directory-call-bytes.ts";
import { type DirectoryCall, DirectoryFile } from "./directory-file.ts";

const { commitCallsMax, commitBytesMax } = persistenceLimits;

serveCommits<DirectoryCall, ReturnType<DirectoryFile["run"]>[number]>({
  open: (path) => DirectoryFile.open({ path, nowMs: Date.now() }),
  commitCallsMax,
  commitBytesMax,
  bytesOf: directoryCallBytes,
  buffersOf: () => [],
});
