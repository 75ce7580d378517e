// zeromq.js by hand, a hundred values to a frame: what can be had without reliability, flow control or names.
import { startFar } from "../far-process.ts";
import { worksOf } from "../link-runtime.ts";
import { wiredRuntime } from "../wire.ts";
import { dealerWire } from "../zeromq-wire.ts";

export const works = worksOf(async (work) => {
  const address = await startFar("zeromq", work, "100");
  return wiredRuntime((received) => dealerWire(address, received), 100);
});
