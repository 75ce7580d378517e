// A thread of the same process instead of a process: a hundred values to a post, copied by V8. No
// socket, no codec of ours; shown as what a machine's two cores can exchange.
import { Worker } from "node:worker_threads";
import { worksOf } from "../link-runtime.ts";
import { wiredRuntime } from "../wire.ts";

const perFrame = 100;
const program = new URL("./far/message-port.mjs", import.meta.url);

export const works = worksOf(async (work) => {
  const worker = new Worker(program, { workerData: { role: work, perFrame }, execArgv: [] });
  return wiredRuntime((received) => {
    worker.on("message", received);
    return Promise.resolve({
      send: (value) => {
        worker.postMessage(value);
        return Promise.resolve();
      },
    });
  }, perFrame);
});
