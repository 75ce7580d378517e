// Runs in a worker thread of the engine process and ends the whole process when its owner is gone, or
// when it takes more memory than it may. A model run may block the main thread for ever, where neither
// the end of the pipe nor a signal handler is noticed. Plain JavaScript, because worker threads start
// without a TypeScript loader.
import { rmdirSync, writeSync } from "node:fs";
import { workerData } from "node:worker_threads";

const intervalMs = 500;
/** A model fills some gigabytes within a second. */
const memoryIntervalMs = 50;
const { ownerPid, memoryBytesMax = Number.POSITIVE_INFINITY } = workerData;
const standardError = 2;

function endWithOwner() {
  if (process.ppid === ownerPid) return;
  try {
    rmdirSync(process.cwd());
  } catch {
    // Not empty, or removed already: nothing that could keep the process alive.
  }
  process.kill(process.pid, "SIGKILL");
}

function endBeyondBound() {
  const bytes = process.memoryUsage.rss();
  if (bytes <= memoryBytesMax) return;
  // Not by the stream, which is the main thread's.
  writeSync(
    standardError,
    `it takes ${bytes} bytes of memory, at most ${memoryBytesMax} are its\n`,
  );
  process.kill(process.pid, "SIGKILL");
}

endWithOwner();
setInterval(endWithOwner, intervalMs);
if (Number.isFinite(memoryBytesMax)) setInterval(endBeyondBound, memoryIntervalMs);
