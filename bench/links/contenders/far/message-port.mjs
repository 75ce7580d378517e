// The thread's end: counts items, or answers asks, as `serveWire` does.
import { parentPort, workerData } from "node:worker_threads";
import "#runtime/host/typescript-loader.mjs";

const { serveWire } = await import("../../wire.ts");

const wireOf = (received) => {
  parentPort.on("message", received);
  return Promise.resolve({
    send: (value) => {
      parentPort.postMessage(value);
      return Promise.resolve();
    },
  });
};
await serveWire(workerData.role, wireOf, workerData.perFrame);
