// What a node's process knows of its machine and of its own load, for the agent that reports it.
import type { NodeProbe } from "#actors/registry/node-agent.ts";
import { EventLoopDelay } from "#runtime/host/event-loop-delay.ts";
import { machine } from "#runtime/host/machine.ts";
import { nodeClock } from "#runtime/host/node-clock.ts";
import { ProcessLoad } from "#runtime/host/process-load.ts";
import { MachineLoad } from "../capability/machine-figures.ts";

/** `folder`: on the disk that the node's data fills. `stop` ends its measuring. */
export function createNodeProbe(folder: string): NodeProbe & { stop(): void } {
  const delay = new EventLoopDelay();
  const facts = machine();
  const load = new ProcessLoad(nodeClock, facts.cores);
  const whole = new MachineLoad({ memoryBytes: facts.memoryBytes, folder });
  return {
    pid: process.pid,
    load() {
      const { msP99, msMax } = delay.read();
      const delays = { eventLoopDelayMsP99: msP99, eventLoopDelayMsMax: msMax };
      return { ...load.read(), ...whole.read(), ...delays };
    },
    stop: () => delay.stop(),
  };
}
