// The shelf over the keyspace: what each of its reads and writes means in keys of Redis.

import type { TaskFile } from "#protocols/tasks/task.ts";
import { channelOf, type NewEvent, type StoreEvent } from "#protocols/tasks/task-events.ts";
import type { TaskQuery } from "#protocols/tasks/task-query.ts";
import type { WorkKind } from "../ready-lanes.ts";
import type {
  AttemptFacts,
  AttemptRecord,
  ConfirmationRecord,
  KeyRecord,
  LeaseRecord,
  QueueRecord,
  TaskRecord,
  TombstoneRecord,
} from "../records.ts";
import type { Due, ListedTasks, ReadyEntry, SequenceName, Shelf } from "../shelf.ts";
import { EventStreams, type TrimTerms } from "./event-streams.ts";
import { RedisLanes } from "./redis-lanes.ts";
import { keyMember } from "./redis-store-keys.ts";
import { lastNumber, nextNumber } from "./sequence-numbers.ts";
import type { ShelfParts } from "./shelf-parts.ts";
import { TaskHashes } from "./task-hashes.ts";
import { evictableEntryOf, readyEntryOf, waitingName } from "./task-places.ts";
import { TimedEntries } from "./timed-entries.ts";

/** The one field of hashes that hold one record. */
const onlyField = "v";

export class RedisShelf implements Shelf {
  readonly #parts: ShelfParts;
  readonly #tasks: TaskHashes;
  readonly #events: EventStreams;
  readonly #timed: TimedEntries;
  readonly #lanes: RedisLanes;

  constructor(parts: ShelfParts) {
    this.#parts = parts;
    this.#tasks = new TaskHashes(parts);
    this.#events = new EventStreams(parts);
    this.#timed = new TimedEntries(parts, this.#tasks);
    this.#lanes = new RedisLanes(parts);
  }

  /** Asks for what transitions of these tasks will read. */
  anticipate(taskIds: readonly string[]): void {
    this.#timed.anticipate(taskIds);
  }

  /** Asks for what a sweep looks at first. */
  anticipateSweep(max: number): void {
    const { keys, keyspace } = this.#parts;
    this.#timed.anticipateDue(max);
    keyspace.expect({ kind: "entries", key: keys.allEvents, from: 0, count: 1 });
    this.#events.anticipateLong();
  }

  // ---- single rows

  task = (taskId: string): TaskRecord | undefined => this.#tasks.task(taskId);
  salvage = (taskId: string): TaskRecord | undefined => this.#tasks.salvage(taskId);
  lease = (taskId: string): LeaseRecord | undefined => this.#tasks.lease(taskId);
  attempt = (taskId: string, attempt: number): AttemptRecord | undefined =>
    this.#tasks.attempt(taskId, attempt);
  attemptFacts = (taskId: string, attempt: number): AttemptFacts | undefined =>
    this.#tasks.attemptFacts(taskId, attempt);
  confirmationsOf = (taskId: string): readonly ConfirmationRecord[] =>
    this.#tasks.confirmations(taskId);
  inputs = (task: TaskRecord): readonly TaskFile[] => this.#tasks.files.inputs(task);
  results = (task: TaskRecord): readonly TaskFile[] => this.#tasks.files.results(task);

  queue(queue: string): QueueRecord | undefined {
    const { codecs, keys, keyspace } = this.#parts;
    const bytes = keyspace.hash(keys.queues).get(queue);
    return bytes && codecs.queue.open(bytes, `queue ${queue}`);
  }

  queues(): readonly QueueRecord[] {
    const { codecs, keys, keyspace } = this.#parts;
    return [...keyspace.hash(keys.queues)]
      .map(([queue, bytes]) => codecs.queue.open(bytes, `queue ${queue}`))
      .sort((a, b) => (a.queue < b.queue ? -1 : 1));
  }

  key(scope: string, key: string): KeyRecord | undefined {
    return this.#keyOf(keyMember(scope, key));
  }

  confirmation(callbackId: string): ConfirmationRecord | undefined {
    const { keys, keyspace } = this.#parts;
    const taskId = keyspace.hash(keys.confirm(callbackId)).get("t")?.toString();
    if (taskId === undefined) return undefined;
    return this.#tasks.confirmations(taskId).find((asked) => asked.callbackId === callbackId);
  }

  openConfirmations(userId: string | null, max: number): readonly ConfirmationRecord[] {
    const { keys, keyspace } = this.#parts;
    const key = userId === null ? keys.confirmOpen : keys.confirmUser(userId);
    return this.#timed.confirmationsOf(keyspace.first(key, max).map(({ member }) => member));
  }

  tombstone(taskId: string): TombstoneRecord | undefined {
    const expiresAt = this.#parts.keyspace.scoreOf(this.#parts.keys.tombs, taskId);
    return expiresAt === undefined ? undefined : { taskId, expiresAt };
  }

  // ---- lists

  readyKinds = (queue: string): readonly WorkKind[] => this.#lanes.kinds(queue);
  readyLanes = (queue: string, kind: string, max: number): readonly string[] =>
    this.#lanes.first(queue, kind, max);

  ready(queue: string, needs: string, max: number): readonly ReadyEntry[] {
    const { keys, keyspace } = this.#parts;
    const key = keys.ready(queue, needs);
    for (;;) {
      const entries = keyspace.first(key, max);
      const readable = this.#timed.readable(key, entries).map(readyEntryOf);
      // Those that cannot be read have left the index: others have moved up.
      if (readable.length < entries.length) continue;
      this.#tasks.files.anticipateInputs(readable.map(({ taskId }) => taskId));
      return readable;
    }
  }

  worstEvictable(queue: string): ReadyEntry | undefined {
    const { keys, keyspace } = this.#parts;
    const [worst] = keyspace.first(keys.evictable(queue), 1);
    return worst && evictableEntryOf(worst);
  }

  pendingOfUser(queue: string, userId: string | null): number {
    return this.#parts.keyspace.countOf(this.#parts.keys.users(queue), waitingName(userId));
  }

  fairTime(queue: string, fairKey: string): number {
    return this.#parts.keyspace.scoreOf(this.#parts.keys.fair(queue), fairKey) ?? 0;
  }

  leasesOfNode = (node: string): readonly LeaseRecord[] => this.#timed.leasesOfNode(node);

  childrenOf(taskId: string): readonly string[] {
    const { keys, keyspace } = this.#parts;
    const children = keyspace.all(keys.children(taskId)).map(({ member }) => member);
    this.#timed.anticipate(children);
    for (const child of children) keyspace.expectAll(keys.children(child));
    return children;
  }

  list = (query: TaskQuery): ListedTasks => this.#timed.list(query);

  // ---- what is due

  dueTasks = (due: Due) => this.#timed.dueTasks(this.#parts.keys.due, due);
  overdueInQueue = (due: Due) => this.#timed.dueTasks(this.#parts.keys.queueDue, due);
  overdueTasks = (due: Due) => this.#timed.dueTasks(this.#parts.keys.deadlines, due);
  expiredLeases = (due: Due) => this.#timed.dueLeases(this.#parts.keys.leases, due);
  overdueAttempts = (due: Due) => this.#timed.dueLeases(this.#parts.keys.attemptsDue, due);
  nextDueAt = (): number | null => this.#timed.nextDueAt();

  expiredTasks(due: Due): readonly string[] {
    const { keys, keyspace } = this.#parts;
    const taskIds = this.#timed.dueTasks(keys.ttl, due);
    for (const name of taskIds) keyspace.expect({ kind: "score", key: keys.tombs, name });
    return taskIds;
  }

  expiredTombstones(due: Due): readonly string[] {
    const { keys, keyspace } = this.#parts;
    const taskIds = this.#timed.dueMembers(keys.tombs, due);
    for (const name of taskIds) keyspace.expect({ kind: "score", key: keys.tombs, name });
    return taskIds;
  }

  dueConfirmations(due: Due): readonly ConfirmationRecord[] {
    return this.#timed.confirmationsOf(this.#timed.dueMembers(this.#parts.keys.confirmDue, due));
  }

  expiredKeys(due: Due): readonly KeyRecord[] {
    const { keys, keyspace } = this.#parts;
    const members = this.#timed.dueMembers(keys.keysDue, due);
    for (const member of members) keyspace.expect({ kind: "hash", key: keys.idem(member) });
    const found = members.map((member) => this.#keyOf(member)).filter((key) => key !== undefined);
    this.#timed.anticipate(found.map(({ taskId }) => taskId));
    return found;
  }

  // ---- events

  head = (channel: string): number => this.#events.head(channel);
  firstKept = (channel: string): number => this.#events.firstKept(channel);
  events = (channel: string, afterSeq: number, max: number): readonly StoreEvent[] =>
    this.#events.events(channel, afterSeq, max);
  tail = (afterEventId: number, max: number): readonly StoreEvent[] =>
    this.#events.tail(afterEventId, max);
  lastEventId = (): number => lastNumber(this.#parts, "event");

  append(event: NewEvent, nowMs: number): StoreEvent {
    // Before a number is taken, so that what is missing is asked for first.
    this.#events.head(event.channel);
    return this.#events.append(event, nextNumber(this.#parts, "event"), nowMs);
  }

  trimEvents(terms: TrimTerms): number {
    const { keys, keyspace } = this.#parts;
    // A flow that is long past, or whose rate is free, counts the same as one that was never seen.
    for (const { fairMs, queue, window } of this.queues()) {
      const isUsed = fairMs > 0 || window.claims + window.claimsBefore > 0;
      if (isUsed) keyspace.changes.dropBelow(keys.fair(queue), terms.beforeMs);
    }
    return this.#events.trim(terms);
  }

  // ---- writes

  next = (sequence: SequenceName): number => nextNumber(this.#parts, sequence);
  putTask = (task: TaskRecord, former: TaskRecord | undefined): void =>
    this.#tasks.put(task, former);
  dropTask = (task: TaskRecord): void => this.#tasks.drop(task);
  putLease = (lease: LeaseRecord): void => this.#tasks.putLease(lease);
  dropLease = (lease: LeaseRecord): void => this.#tasks.dropLease(lease);
  putAttempt = (attempt: AttemptRecord): void => this.#tasks.putAttempt(attempt);
  putConfirmation = (asked: ConfirmationRecord): void => this.#tasks.putConfirmation(asked);
  putInputs = (taskId: string, files: readonly TaskFile[]): void =>
    this.#tasks.files.putInputs(taskId, files);
  dropInputs = (taskId: string): void => this.#tasks.files.dropInputs(taskId);
  putResults = (taskId: string, _fence: number, files: readonly TaskFile[]): void =>
    this.#tasks.files.putResults(taskId, files);

  putQueue(queue: QueueRecord): void {
    const { codecs, keys, keyspace } = this.#parts;
    const bytes = codecs.queue.seal(queue, `queue ${queue.queue}`);
    keyspace.setField(keys.queues, queue.queue, bytes);
  }

  putKey(record: KeyRecord): void {
    const { codecs, keys, keyspace } = this.#parts;
    const member = keyMember(record.scope, record.key);
    const former = this.#keyOf(member);
    keyspace.setField(keys.idem(member), onlyField, codecs.key.seal(record, `key ${member}`));
    keyspace.rank(keys.keysDue, { member, score: record.expiresAt }, former?.expiresAt);
  }

  dropKey(record: KeyRecord): void {
    const { keys, keyspace } = this.#parts;
    const member = keyMember(record.scope, record.key);
    keyspace.drop(keys.idem(member));
    keyspace.dropRank(keys.keysDue, { member, score: record.expiresAt });
  }

  putTombstone({ taskId, expiresAt }: TombstoneRecord): void {
    const { keys, keyspace } = this.#parts;
    const former = keyspace.scoreOf(keys.tombs, taskId);
    keyspace.rank(keys.tombs, { member: taskId, score: expiresAt }, former);
  }

  /** With its channel, whose numbers nobody can ask for any more. */
  dropTombstone(taskId: string): void {
    const { keys, keyspace } = this.#parts;
    const score = keyspace.scoreOf(keys.tombs, taskId);
    if (score !== undefined) keyspace.dropRank(keys.tombs, { member: taskId, score });
    keyspace.drop(keys.channel(channelOf.task(taskId)));
  }

  setFairTime(queue: string, fairKey: string, virtualMs: number): void {
    const { keys, keyspace } = this.#parts;
    keyspace.rank(keys.fair(queue), { member: fairKey, score: virtualMs });
  }

  #keyOf(member: string): KeyRecord | undefined {
    const { codecs, keys, keyspace } = this.#parts;
    const bytes = keyspace.hashOrNone(keys.idem(member)).get(onlyField);
    return bytes && codecs.key.open(bytes, `key ${member}`);
  }
}
