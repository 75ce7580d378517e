// How a repair went, in one line for people.
import { formatBytes } from "./figures.ts";
import type { Repaired } from "./gateway-client.ts";

/** `worker-1 repaired it in 120 ms (queue 3 ms, run 95 ms, attempt 1, task …), 210 KiB` */
export function describeRepair(repaired: Repaired): string {
  const { figures } = repaired;
  const details = [
    figures.queueMs === null ? [] : [`queue ${figures.queueMs} ms`],
    figures.runMs === null ? [] : [`run ${figures.runMs} ms`],
    figures.attempt === null ? [] : [`attempt ${figures.attempt}`],
    figures.task === null ? [] : [`task ${figures.task}`],
  ].flat();
  const brackets = details.length === 0 ? "" : ` (${details.join(", ")})`;
  const node = figures.node ?? "an unnamed worker";
  const size = formatBytes(repaired.bytes.byteLength);
  return `${node} repaired it in ${figures.totalMs} ms${brackets}, ${size}`;
}
