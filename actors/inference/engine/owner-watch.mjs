// Runs in a worker thread of the engine process and ends the whole process when its owner is gone.
// A model run may block the main thread for ever, where neither the end of the pipe nor a signal
// handler is noticed. Plain JavaScript, because worker threads start without a TypeScript loader.
import { rmdirSync } from "node:fs";
import { workerData } from "node:worker_threads";

const intervalMs = 500;

function endWithOwner() {
  if (process.ppid === workerData.ownerPid) return;
  try {
    rmdirSync(process.cwd());
  } catch {
    // Not empty, or removed already: nothing that could keep the process alive.
  }
  process.kill(process.pid, "SIGKILL");
}

endWithOwner();
setInterval(endWithOwner, intervalMs);
