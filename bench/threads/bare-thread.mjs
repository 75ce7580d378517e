// The same work without actors: a thread that adds up what is posted to it, and answers when asked.
import { parentPort } from "node:worker_threads";

let total = 0;
parentPort.on("message", ({ kind, by }) => {
  if (kind === "add") total += by;
  else parentPort.postMessage(total);
});
