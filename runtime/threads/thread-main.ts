// The thread's own side: one small actor system around the hosted actor.
import { parentPort, workerData } from "node:worker_threads";
import { Failure } from "#protocols/failure.ts";
import { HostedThread } from "./hosted-thread.ts";
import type { FromThread, ThreadOrders, ToThread } from "./port-messages.ts";

const port = parentPort;
if (port === null) {
  throw new Failure("invalid", "this module is a thread's: spawn an actor with inThread instead");
}
const orders: ThreadOrders = workerData;
const thread = new HostedThread(orders, (message: FromThread, moved) =>
  port.postMessage(message, moved),
);
port.on("message", (message: ToThread) => thread.heard(message));
// What cannot be read is lost, and with it the order: the thread is of no use any more.
port.on("messageerror", (error) => {
  throw error;
});
await thread.run();
