// The Clock port on Node.js: a monotonic clock for deciding, the wall clock for people.
import { performance } from "node:perf_hooks";
import type { Clock } from "#runtime/core/ports.ts";

export const nodeClock: Clock = {
  // Starts near 0 when the process (or worker thread) starts; fractions are microseconds.
  now: () => performance.now(),
  wall: () => Date.now(),
};
