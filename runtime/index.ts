// Public face of the runtime: what one needs to write actors and to run them.
export { Actor } from "./core/actor.ts";
export type {
  ActorClass,
  LifeTerms,
  MailboxSpec,
  SpawnOptions,
  StopOptions,
} from "./core/actor-class.ts";
export type { BackoffSpec } from "./core/backoff.ts";
export type { Context, TimerKey } from "./core/context.ts";
export { reply } from "./core/reply.ts";
export type {
  Decision,
  Directive,
  FailedChild,
  RestartKind,
  Strategy,
  SupervisionSpec,
} from "./core/supervision.ts";
export { ActorSystem } from "./core/system.ts";
export { type PoolClass, type PoolOptions, poolOf } from "./patterns/actor-pool.ts";
export { type RouterClass, type RouterControl, routerOf } from "./patterns/actor-router.ts";
export {
  type BreakerCounts,
  type BreakerSpec,
  type BreakerState,
  CircuitBreaker,
} from "./patterns/circuit-breaker.ts";
export { type Delay, delayOf } from "./patterns/delay.ts";
export { guarded } from "./patterns/guarded-call.ts";
export { type HedgeTerms, hedgedAsk } from "./patterns/hedged-ask.ts";
export type { PoolSize } from "./patterns/pool-size.ts";
export { hashedName, ownerOf, ownersOf } from "./patterns/rendezvous-hash.ts";
export { type RetryTerms, retryAsk } from "./patterns/retry-ask.ts";
export type { RoutingPolicy } from "./patterns/routing-policy.ts";
export { Supervisor, type TreeChild } from "./patterns/supervisor.ts";
export { paced, throttle } from "./patterns/throttle.ts";
export { TokenBucket, type TokenBucketSpec } from "./patterns/token-bucket.ts";
export type { PullWorker, WorkHubStatus, WorkHubTerms } from "./patterns/work-desk.ts";
export { type WorkHub, type WorkHubClass, workHubOf } from "./patterns/work-pull.ts";
export { DurableActor } from "./persistence/durable-actor.ts";
export type { Persistence } from "./persistence/journal.ts";
export type { JournalSpec, StateSpec } from "./persistence/persistence-spec.ts";
export { PersistentActor } from "./persistence/persistent-actor.ts";
export type { SnapshotPolicy } from "./persistence/snapshot-policy.ts";
export { type StoredClass, storedIn } from "./persistence/storage.ts";
export type { Upcaster, UpcastSteps } from "./persistence/upcasting.ts";
export { startLocalSystem } from "./start-local-system.ts";
export { type NodeOptions, type StartedNode, startSystem } from "./start-system.ts";
export { MemoryPersistence } from "./stores/memory-persistence.ts";
export { SqlitePersistence } from "./stores/sqlite-persistence.ts";
