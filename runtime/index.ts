// Public face of the runtime: what one needs to write actors and to run them.
export type {
  Change,
  Directory,
  Entry,
  Predecessor,
  Revision,
} from "./cluster/directory/directory.ts";
export {
  DirectorySession,
  type SessionTerms,
  sessionLostTopic,
} from "./cluster/directory/directory-session.ts";
export { RedisDirectory, type RedisDirectoryOptions } from "./cluster/directory/redis-directory.ts";
export {
  type Keyed,
  type KeyedActors,
  type KeyedClass,
  keyed,
  type SessionNode,
} from "./cluster/keyed/keyed.ts";
export type { KeyedStatus } from "./cluster/keyed/keyed-status.ts";
export type { HostTerms, KindTerms } from "./cluster/keyed/keyed-terms.ts";
export { type MemberEvent, memberTopic } from "./cluster/membership/member.ts";
export { Members, membersService } from "./cluster/membership/members.ts";
export { Receptionist, type ServiceListener } from "./cluster/names/receptionist.ts";
export { type Fenced, type SingletonArguments, singletonOf } from "./cluster/names/singleton.ts";
export { singletonRef } from "./cluster/names/singleton-ref.ts";
export type { NamedActorClass } from "./cluster/remote/actor-kinds.ts";
export {
  type GroupArguments,
  type GroupRouterClass,
  groupRouterOf,
} from "./cluster/remote/group-router.ts";
export { type PlacedClass, placedOn } from "./cluster/remote/stand-in.ts";
export { type ClusterTopic, clusterTopic } from "./cluster/topics/cluster-topic.ts";
export { Actor } from "./core/actor.ts";
export type {
  ActorClass,
  Behaviour,
  LifeTerms,
  MailboxSpec,
  Pending,
  SpawnOptions,
  StopOptions,
  WhenFull,
} from "./core/actor-class.ts";
export type { BackoffSpec } from "./core/backoff.ts";
export type { Context, TimerDue, TimerKey } from "./core/context.ts";
export type { ShutdownPhase } from "./core/coordinated-shutdown.ts";
export type { MessageAccount } from "./core/counts.ts";
export type { DeadLetter } from "./core/dead-letters.ts";
export type { PlacedOptions } from "./core/elsewhere.ts";
export { systemTopics, type Topic, topic } from "./core/event-bus.ts";
export { frozenMessages } from "./core/frozen-messages.ts";
export type { ActorTree } from "./core/inspection.ts";
export type { MessageCare } from "./core/message-care.ts";
export type {
  HandlingEnd,
  ObservedActor,
  ObservedMessage,
  Observer,
} from "./core/observer.ts";
export { reply } from "./core/reply.ts";
export { type ServiceKey, serviceKey } from "./core/services.ts";
export type {
  Decision,
  Directive,
  FailedChild,
  RestartKind,
  Strategy,
  SupervisionSpec,
} from "./core/supervision.ts";
export { ActorSystem } from "./core/system.ts";
export { copiedMessages } from "./links/copied-messages.ts";
export type { CrashReport } from "./observation/crash-report.ts";
export { crashReportText } from "./observation/crash-report-text.ts";
export { formatTree } from "./observation/format-tree.ts";
export { Observation, type ObservationOptions } from "./observation/observation.ts";
export { type ObserverPart, observeWith } from "./observation/observers.ts";
export { openTelemetrySink } from "./observation/opentelemetry-bridge.ts";
export { pathPattern } from "./observation/path-pattern.ts";
export type { SpanSink } from "./observation/span-sink.ts";
export { type FinishedSpan, spansTo } from "./observation/span-writer.ts";
export type { SystemReport } from "./observation/system-report.ts";
export { systemReportText } from "./observation/system-report-text.ts";
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
export { Parked, type PersonTold } from "./tasks/ask-person.ts";
export type {
  ProgressDetails,
  TaskHandler,
  TaskHandlers,
  TaskInHand,
} from "./tasks/task-handler.ts";
export { TaskWorker } from "./tasks/task-worker.ts";
export type { WorkerTerms } from "./tasks/worker-messages.ts";
export { inThread, type ThreadedClass, type ThreadOptions } from "./threads/in-thread.ts";
export { moving } from "./threads/moving.ts";
export type { ThreadableClass } from "./threads/threaded-class.ts";
