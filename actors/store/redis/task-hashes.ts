// Tasks with all that belongs to them: one hash each, so that one read brings the whole. Every write
// keeps the indexes as the task stands (`task-places.ts`).
import { Failure } from "#protocols/failure.ts";
import type { AttemptRecord, ConfirmationRecord, LeaseRecord, TaskRecord } from "../records.ts";
import { nextNumber } from "./sequence-numbers.ts";
import type { ShelfParts } from "./shelf-parts.ts";
import type {
  StandingPart,
  StoredAttempt,
  StoredConfirmation,
  SubmittedPart,
} from "./stored-shapes.ts";
import { TaskFiles } from "./task-files.ts";
import {
  evictablePlace,
  lastingPlacesOf,
  numbered,
  padded,
  placesOf,
  type TaskPlace,
  waitingName,
} from "./task-places.ts";

const fields = { submitted: "s", standing: "m", lease: "l", children: "k" };
const attemptField = (attempt: number): string => `a${attempt}`;
const confirmationField = (callbackId: string): string => `c${callbackId}`;

/** In the indexes of open questions: whose question it is stands beside it. */
const openMember = ({ callbackId, ordinal, taskId }: StoredConfirmation): string =>
  `${padded(ordinal)} ${callbackId} ${taskId}`;

const isDescribedAnew = (task: TaskRecord, former: TaskRecord): boolean =>
  task.name !== former.name ||
  task.description !== former.description ||
  task.metadata !== former.metadata ||
  task.affinityTags !== former.affinityTags;

const isSamePlace =
  (one: TaskPlace) =>
  (other: TaskPlace): boolean =>
    one.key === other.key && one.member === other.member && one.score === other.score;

export class TaskHashes {
  readonly files: TaskFiles;
  readonly #parts: ShelfParts;
  /** By the bytes of where it stands: the whole record. */
  readonly #whole = new WeakMap<Buffer, TaskRecord>();

  constructor(parts: ShelfParts) {
    this.#parts = parts;
    this.files = new TaskFiles(parts);
  }

  task(taskId: string): TaskRecord | undefined {
    const hash = this.#hash(taskId);
    const [submitted, standing] = [hash.get(fields.submitted), hash.get(fields.standing)];
    if (!submitted || !standing) return undefined;
    const known = this.#whole.get(standing);
    if (known) return known;
    const { codecs } = this.#parts;
    const task = {
      ...codecs.submitted.open(submitted, this.#place(taskId, fields.submitted)),
      ...codecs.standing.open(standing, this.#place(taskId, fields.standing)),
    };
    this.#whole.set(standing, task);
    return task;
  }

  salvage(taskId: string): TaskRecord | undefined {
    const hash = this.#hash(taskId);
    const [submitted, standing] = [hash.get(fields.submitted), hash.get(fields.standing)];
    const { codecs } = this.#parts;
    const first = submitted && codecs.submitted.salvage(submitted);
    const second = standing && codecs.standing.salvage(standing);
    return first && second && { ...first, ...second };
  }

  /** As `salvage`, at once when it was read before: for guesses about what will be read. */
  peek(taskId: string): TaskRecord | undefined {
    const standing = this.#hash(taskId).get(fields.standing);
    return (standing && this.#whole.get(standing)) ?? this.salvage(taskId);
  }

  /**
   * Whether somebody who finds the task in an index can do something about it: it is whole, or what
   * can be read of it leads back to that index, so that it leaves it when it ends.
   */
  canBeMet(taskId: string, place: TaskPlace): boolean {
    try {
      return this.task(taskId) !== undefined;
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== "corrupt") throw error;
      const task = this.salvage(taskId);
      return task !== undefined && this.#placesOf(task).some(isSamePlace(place));
    }
  }

  put(task: TaskRecord, former: TaskRecord | undefined): void {
    const { codecs, keys, keyspace } = this.#parts;
    const { taskId } = task;
    const key = keys.task(taskId);
    if (former === undefined || isDescribedAnew(task, former)) {
      const submitted: SubmittedPart = task;
      const bytes = codecs.submitted.seal(submitted, this.#place(taskId, fields.submitted));
      keyspace.setField(key, fields.submitted, bytes);
    }
    if (former === undefined) {
      for (const place of lastingPlacesOf(keys, task)) keyspace.rank(place.key, place);
      if (task.parentId !== null) this.#becomesParent(task.parentId);
    }
    const standing: StandingPart = task;
    const bytes = codecs.standing.seal(standing, this.#place(taskId, fields.standing));
    keyspace.setField(key, fields.standing, bytes);
    this.#whole.set(bytes, task);
    this.#replace(former ? this.#placesOf(former) : [], this.#placesOf(task));
    this.#count(former, -1);
    this.#count(task, 1);
  }

  /** With its attempts, inputs, results and confirmations. */
  drop(task: TaskRecord): void {
    const { keys, keyspace } = this.#parts;
    const { taskId } = task;
    this.files.dropAllBytes(taskId);
    for (let attempt = task.attempt; attempt > 0; attempt -= 1) this.#dropCheckpoint(task, attempt);
    for (const asked of this.confirmations(taskId)) this.#dropConfirmation(asked);
    this.#replace([...this.#placesOf(task), ...lastingPlacesOf(keys, task)], []);
    this.#count(task, -1);
    keyspace.drop(keys.task(taskId));
    keyspace.drop(keys.children(taskId));
  }

  // ---- leases

  lease(taskId: string): LeaseRecord | undefined {
    const bytes = this.#hash(taskId).get(fields.lease);
    return bytes && this.#parts.codecs.lease.open(bytes, this.#place(taskId, fields.lease));
  }

  /** As far as it can be read, so that it ends. */
  salvageLease(taskId: string): LeaseRecord | undefined {
    const bytes = this.#hash(taskId).get(fields.lease);
    return bytes && this.#parts.codecs.lease.salvage(bytes);
  }

  putLease(lease: LeaseRecord): void {
    const { codecs, keys, keyspace } = this.#parts;
    const former = this.lease(lease.taskId);
    const bytes = codecs.lease.seal(lease, this.#place(lease.taskId, fields.lease));
    keyspace.setField(keys.task(lease.taskId), fields.lease, bytes);
    this.#replace(former ? this.#leasePlaces(former) : [], this.#leasePlaces(lease));
  }

  dropLease(lease: LeaseRecord): void {
    const { keys, keyspace } = this.#parts;
    keyspace.dropField(keys.task(lease.taskId), fields.lease);
    this.#replace(this.#leasePlaces(lease), []);
  }

  // ---- attempts

  attempt(taskId: string, attempt: number): AttemptRecord | undefined {
    const stored = this.attemptFacts(taskId, attempt);
    if (!stored) return undefined;
    const place = this.#place(taskId, attemptField(attempt));
    const checkpoint = stored.checkpoint && this.#parts.bytes.read(stored.checkpoint, place);
    return { ...stored, checkpoint };
  }

  attemptFacts(taskId: string, attempt: number): StoredAttempt | undefined {
    const field = attemptField(attempt);
    const bytes = this.#hash(taskId).get(field);
    return bytes && this.#parts.codecs.attempt.open(bytes, this.#place(taskId, field));
  }

  putAttempt(record: AttemptRecord): void {
    const { bytes, codecs, keys, keyspace } = this.#parts;
    const { checkpoint, taskId } = record;
    const field = attemptField(record.attempt);
    const place = this.#place(taskId, field);
    const formerBytes = this.#hash(taskId).get(field);
    const former = formerBytes && codecs.attempt.salvage(formerBytes)?.checkpoint;
    const stored: StoredAttempt = { ...record, checkpoint: checkpoint && bytes.store(checkpoint) };
    if (former && former.id !== stored.checkpoint?.id) bytes.drop(former);
    keyspace.setField(keys.task(taskId), field, codecs.attempt.seal(stored, place));
  }

  #dropCheckpoint({ taskId }: TaskRecord, attempt: number): void {
    const { bytes, codecs } = this.#parts;
    const there = this.#hash(taskId).get(attemptField(attempt));
    const checkpoint = there && codecs.attempt.salvage(there)?.checkpoint;
    if (checkpoint) bytes.drop(checkpoint);
  }

  // ---- questions

  /** In the order in which they were asked first. */
  confirmations(taskId: string): readonly StoredConfirmation[] {
    const found: StoredConfirmation[] = [];
    for (const [field, bytes] of this.#hash(taskId)) {
      if (!field.startsWith("c")) continue;
      found.push(this.#parts.codecs.confirmation.open(bytes, this.#place(taskId, field)));
    }
    return found.sort((a, b) => a.ordinal - b.ordinal);
  }

  putConfirmation(record: ConfirmationRecord): void {
    const { codecs, keys, keyspace } = this.#parts;
    const { callbackId, taskId } = record;
    const field = confirmationField(callbackId);
    const place = this.#place(taskId, field);
    const formerBytes = this.#hash(taskId).get(field);
    const former = formerBytes && codecs.confirmation.open(formerBytes, place);
    const ordinal = former?.ordinal ?? nextNumber(this.#parts, "question");
    const asked = { ...record, ordinal };
    keyspace.setField(keys.task(taskId), field, codecs.confirmation.seal(asked, place));
    if (!former) keyspace.setField(keys.confirm(callbackId), "t", Buffer.from(taskId));
    this.#replace(former ? this.#openPlaces(former) : [], this.#openPlaces(asked));
  }

  #hash(taskId: string): ReadonlyMap<string, Buffer> {
    return this.#parts.keyspace.hash(this.#parts.keys.task(taskId));
  }

  #place(taskId: string, field: string): string {
    return `${this.#parts.keys.task(taskId)} ${field}`;
  }

  #hasChildren(taskId: string): boolean {
    return this.#hash(taskId).has(fields.children);
  }

  /** A parent does not give way. */
  #becomesParent(taskId: string): void {
    if (this.#hasChildren(taskId)) return;
    const { keys, keyspace } = this.#parts;
    keyspace.setField(keys.task(taskId), fields.children, Buffer.from("1"));
    const parent = this.salvage(taskId);
    if (parent) keyspace.dropRank(keys.evictable(parent.queue), evictablePlace(keys, parent));
  }

  #placesOf(task: TaskRecord): readonly TaskPlace[] {
    return placesOf(this.#parts.keys, task, () => this.#hasChildren(task.taskId));
  }

  #leasePlaces(lease: LeaseRecord): readonly TaskPlace[] {
    const { keys } = this.#parts;
    const { attemptDeadlineAt, expiresAt, fence, node, taskId } = lease;
    const member = numbered(fence, taskId);
    const places: TaskPlace[] = [
      { key: keys.leases, score: expiresAt, member },
      { key: keys.nodeLeases(node), score: fence, member },
    ];
    if (attemptDeadlineAt === null) return places;
    return [...places, { key: keys.attemptsDue, score: attemptDeadlineAt, member }];
  }

  #openPlaces(asked: StoredConfirmation): readonly TaskPlace[] {
    const { keys } = this.#parts;
    if (asked.decision !== null) return [];
    const { createdAt, expiresAt, userId } = asked;
    const member = openMember(asked);
    return [
      { key: keys.confirmDue, score: expiresAt, member },
      { key: keys.confirmOpen, score: createdAt, member },
      { key: keys.confirmUser(userId), score: createdAt, member },
    ];
  }

  #dropConfirmation(asked: StoredConfirmation): void {
    this.#replace(this.#openPlaces(asked), []);
    this.#parts.keyspace.drop(this.#parts.keys.confirm(asked.callbackId));
  }

  /** Of a user what waits, and of a queue which needs its ready tasks have. */
  #count(task: TaskRecord | undefined, by: 1 | -1): void {
    if (task === undefined) return;
    const { keys, keyspace } = this.#parts;
    const { needs, queue, status, userId } = task;
    if (status === "pending") keyspace.countUp(keys.needs(queue), needs, by);
    const waits = status === "pending" || status === "scheduled";
    if (waits) keyspace.countUp(keys.users(queue), waitingName(userId), by);
  }

  #replace(former: readonly TaskPlace[], next: readonly TaskPlace[]): void {
    const { keyspace } = this.#parts;
    for (const place of former) {
      const stays = next.find(({ key, member }) => key === place.key && member === place.member);
      if (!stays) keyspace.dropRank(place.key, place);
    }
    for (const place of next) {
      const was = former.find(({ key, member }) => key === place.key && member === place.member);
      if (was?.score !== place.score) keyspace.rank(place.key, place, was?.score);
    }
  }
}
