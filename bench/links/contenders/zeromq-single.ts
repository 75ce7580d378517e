// zeromq.js by hand, each value a frame of its own: what can be had without reliability, flow control or names.

import { CutLine } from "../cut-line.ts";
import { startFar } from "../far-process.ts";
import { worksOf } from "../link-runtime.ts";
import { wiredRuntime } from "../wire.ts";
import { dealerWire } from "../zeromq-wire.ts";

export const works = worksOf(async (work) => {
  const address = await startFar("zeromq", work, "1");
  if (work !== "ask after a cut") {
    return wiredRuntime((received) => dealerWire(address, received), 1);
  }
  const line = new CutLine();
  const near = await line.open();
  line.leadTo(address);
  return wiredRuntime((received) => dealerWire(near, received), 1, line);
});
