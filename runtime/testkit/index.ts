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
  accounting,
  bounded,
  deadLettersCounted,
  rubbishRefused,
} from "./simulation/accounting-check.ts";
export { oneOutcome } from "./simulation/ask-check.ts";
export { BrokenPromise, broken } from "./simulation/broken-promise.ts";
export type { BuggifyChoice } from "./simulation/buggify-swarm.ts";
export { Chance, type Span } from "./simulation/chance.ts";
export {
  type Check,
  type Checker,
  checkHistory,
  type SettledWorld,
  type Violation,
} from "./simulation/checker.ts";
export type { Duration } from "./simulation/duration.ts";
export { type Exhaustion, type ExhaustionTerms, exhaustCrashes } from "./simulation/exhaustion.ts";
export type { Fault, FaultKind } from "./simulation/fault-plan.ts";
export { type FaultSource, type SwarmTerms, swarm } from "./simulation/fault-swarm.ts";
export type { HistoryEvent, Occurrence, SystemCounts } from "./simulation/history.ts";
export type { SimulatedHost, SimulatedSessions } from "./simulation/incarnation.ts";
export { referenceKey } from "./simulation/life-observer.ts";
export type { NetworkProfile } from "./simulation/network-weather.ts";
export { type Numbered, StreamNumbers } from "./simulation/numbered.ts";
export { oneAtATime } from "./simulation/one-at-a-time.ts";
export { systemFirst } from "./simulation/overtaking-check.ts";
export { oneOwner } from "./simulation/owner-check.ts";
export { checkPlan, type RunPlan, type Step } from "./simulation/run-plan.ts";
export { type SeedSummary, type SeedTerms, simulateSeeds } from "./simulation/seed-search.ts";
export { type Shrunk, shrink } from "./simulation/shrink.ts";
export { runPlan, type SimulationResult, simulate } from "./simulation/simulate.ts";
export type { Disk } from "./simulation/simulated-disk.ts";
export { planOf, type Simulation, type Workload } from "./simulation/simulation.ts";
export {
  expectKept,
  formatFailure,
  formatShrunk,
  SimulationFailure,
} from "./simulation/simulation-report.ts";
export { atMostOnce, inOrder, noGap, nothingVanishes } from "./simulation/stream-checks.ts";
export { oneInstance, restartsBounded } from "./simulation/supervision-checks.ts";
export { terminatedOnce } from "./simulation/watch-check.ts";
export {
  createTestPair,
  createTestSystem,
  type LogLine,
  type TestSystem,
  type TestSystemOptions,
} from "./test-system.ts";
export { VirtualTime } from "./virtual-time.ts";
