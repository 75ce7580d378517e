// Second public face of the runtime: what one needs to test actors.
export { AmbientAccess } from "./ambient-access.ts";
export { withoutAmbient } from "./ambient-guard.ts";
export { type Exploration, type ExploreTerms, explore, OrderFailure } from "./explore.ts";
export { MemoryNetwork } from "./memory-network.ts";
export { type ClockFault, NodeTime } from "./node-time.ts";
export {
  type Answer,
  createProbe,
  type ExpectedArguments,
  type Probe,
  type ProbeOptions,
  type Waiting,
} from "./probe.ts";
export type { Received } from "./probe-actor.ts";
export { randomOf } from "./random-of.ts";
export { type ChoiceSource, SeededExecutor } from "./seeded-executor.ts";
export {
  createTestPair,
  createTestSystem,
  type LogLine,
  type TestSystem,
  type TestSystemOptions,
} from "./test-system.ts";
export { VirtualTime } from "./virtual-time.ts";
