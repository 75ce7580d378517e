// What a node's process knows of its machine and of its own load, for the agent that reports it.
import type { NodeProbe } from "#actors/registry/node-agent.ts";
import { EventLoopDelay } from "#runtime/host/event-loop-delay.ts";
import { machine } from "#runtime/host/machine.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { ProcessLoad } from "#runtime/host/process-load.ts";

/** `stop` ends its measuring. */
export function createNodeProbe(): NodeProbe & { stop(): void } {
  const delay = new EventLoopDelay();
  const facts = machine();
  const load = new ProcessLoad(nodeClock, facts.cores);
  return {
    pid: process.pid,
    capabilities: () => facts,
    load() {
      const { msP99, msMax } = delay.read();
      return { ...load.read(), eventLoopDelayMsP99: msP99, eventLoopDelayMsMax: msMax };
    },
    stop: () => delay.stop(),
  };
}
