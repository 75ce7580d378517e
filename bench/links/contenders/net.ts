// A TCP connection of Node.js by hand, a hundred values to a frame.
import { startFar } from "../far-process.ts";
import { worksOf } from "../link-runtime.ts";
import { connectedWire } from "../net-wire.ts";
import { wiredRuntime } from "../wire.ts";

const perFrame = 100;

export const works = worksOf(async (work) => {
  const port = Number(await startFar("net", work, String(perFrame)));
  return wiredRuntime((received) => connectedWire(port, received), perFrame);
});
