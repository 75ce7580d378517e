// What is to happen by when, found by the indexes of times, and the other lists of tasks. Whatever
// belongs to the found ones is asked for at once, so that a sweep over hundreds of tasks takes few
// round trips.

import { Failure } from "#protocols/failure.ts";
import { channelOf } from "#protocols/tasks/task-events.ts";
import type { TaskQuery } from "#protocols/tasks/task-query.ts";
import type { ConfirmationRecord, LeaseRecord, TaskRecord } from "../records.ts";
import type { Due, ListedTasks } from "../shelf.ts";
import { wholeOrDamage } from "../whole-or-damage.ts";
import { redisStoreLimits } from "./redis-store-limits.ts";
import type { ShelfParts } from "./shelf-parts.ts";
import type { Ranked } from "./sorted-window.ts";
import type { TaskHashes } from "./task-hashes.ts";
import { taskIdOf } from "./task-places.ts";

/** Tasks of an index that are looked at in one step of a listing. */
const pageMin = 64;

export class TimedEntries {
  readonly #parts: ShelfParts;
  readonly #tasks: TaskHashes;

  constructor(parts: ShelfParts, tasks: TaskHashes) {
    this.#parts = parts;
    this.#tasks = tasks;
  }

  /** Asks for what a transition of each task will read. */
  anticipate(taskIds: readonly string[]): void {
    const { keys, keyspace } = this.#parts;
    for (const taskId of taskIds) {
      const key = keys.task(taskId);
      keyspace.expect({ kind: "hash", key });
      keyspace.expect({ kind: "stream", key: keys.channel(channelOf.task(taskId)) });
      const task = keyspace.isKnown(key) ? this.#tasks.peek(taskId) : undefined;
      if (!task) continue;
      keyspace.expect({ kind: "stream", key: keys.channel(channelOf.queue(task.queue)) });
      if (task.userId === null) continue;
      keyspace.expect({ kind: "stream", key: keys.channel(channelOf.user(task.userId)) });
    }
  }

  /**
   * Those whose tasks can be read, or at least ended; the others leave the index, where everybody
   * would meet them again and again.
   */
  readable(key: string, entries: readonly Ranked[]): readonly Ranked[] {
    const { keys, keyspace, noteUnreadable } = this.#parts;
    this.anticipate(entries.map(({ member }) => taskIdOf(member)));
    return entries.filter((entry) => {
      const taskId = taskIdOf(entry.member);
      if (!keyspace.isKnown(keys.task(taskId))) return true;
      if (this.#tasks.canBeMet(taskId, { ...entry, key })) return true;
      keyspace.dropRank(key, entry);
      noteUnreadable(taskId);
      return false;
    });
  }

  dueMembers(key: string, due: Due): readonly string[] {
    return this.#due(key, due).map(({ member }) => member);
  }

  dueTasks(key: string, due: Due): readonly string[] {
    return this.readable(key, this.#due(key, due)).map(({ member }) => taskIdOf(member));
  }

  dueLeases(key: string, due: Due): readonly LeaseRecord[] {
    return this.#leasesOf(key, this.#due(key, due));
  }

  leasesOfNode(node: string): readonly LeaseRecord[] {
    const { keys, keyspace } = this.#parts;
    const key = keys.nodeLeases(node);
    return this.#leasesOf(key, keyspace.all(key));
  }

  confirmationsOf(members: readonly string[]): readonly ConfirmationRecord[] {
    const asked = members.map((member) => {
      const [, callbackId = "", taskId = ""] = member.split(" ");
      return { callbackId, taskId };
    });
    this.anticipate(asked.map(({ taskId }) => taskId));
    return asked.flatMap(({ callbackId, taskId }) =>
      this.#tasks.confirmations(taskId).filter((record) => record.callbackId === callbackId),
    );
  }

  /** Asks for the first of all indexes of times. */
  anticipateDue(max: number): void {
    const count = Math.max(max, redisStoreLimits.windowFetchMin);
    for (const key of this.#indexesOfTimes()) {
      this.#parts.keyspace.expect({ kind: "window", key, count });
    }
  }

  nextDueAt(): number | null {
    const { keyspace } = this.#parts;
    const indexes = this.#indexesOfTimes();
    const times = indexes.flatMap((key) => keyspace.first(key, 1).map(({ score }) => score));
    return times.length === 0 ? null : Math.min(...times);
  }

  #indexesOfTimes(): readonly string[] {
    const { keys } = this.#parts;
    const ofTasks = [keys.due, keys.leases, keys.attemptsDue, keys.queueDue, keys.deadlines];
    return [...ofTasks, keys.ttl, keys.confirmDue, keys.keysDue, keys.tombs];
  }

  /** In the order of arrival, by the index that has the fewest tasks as far as one can say. */
  list(query: TaskQuery): ListedTasks {
    const key = this.#indexFor(query);
    const tasks: TaskRecord[] = [];
    const damaged: Failure[] = [];
    const count = Math.max(pageMin, query.limit);
    for (let after = query.cursor ?? 0; ; ) {
      const page = this.#parts.keyspace.page(key, after, count);
      this.#expect(page);
      for (const { member, score } of page) {
        after = score;
        const task = wholeOrDamage(() => this.#tasks.task(member));
        if (task instanceof Failure) damaged.push(task);
        else if (task && isMatch(task, query)) tasks.push(task);
        if (tasks.length >= query.limit) return { tasks, damaged, next: after };
      }
      if (page.length < count) return { tasks, damaged, next: null };
    }
  }

  #due(key: string, { nowMs, max }: Due): readonly Ranked[] {
    return this.#parts.keyspace.first(key, max).filter(({ score }) => score <= nowMs);
  }

  #expect(page: readonly Ranked[]): void {
    const { keys, keyspace } = this.#parts;
    for (const { member } of page) keyspace.expect({ kind: "hash", key: keys.task(member) });
  }

  #indexFor({ node, parentId, queue, status, userId }: TaskQuery): string {
    const { keys } = this.#parts;
    if (parentId !== undefined) return keys.children(parentId);
    if (node !== undefined) return keys.by("node", node);
    if (userId !== undefined) return keys.by("user", userId);
    if (status !== undefined) return keys.by("status", status);
    return queue === undefined ? keys.all : keys.by("queue", queue);
  }

  /** As `readable`, of leases. */
  #leasesOf(key: string, entries: readonly Ranked[]): readonly LeaseRecord[] {
    const { keyspace, noteUnreadable } = this.#parts;
    this.anticipate(entries.map(({ member }) => taskIdOf(member)));
    return entries.flatMap((entry) => {
      const taskId = taskIdOf(entry.member);
      const lease = this.#tasks.salvageLease(taskId);
      if (lease) return [lease];
      keyspace.dropRank(key, entry);
      noteUnreadable(taskId);
      return [];
    });
  }
}

const isMatch = (task: TaskRecord, query: TaskQuery): boolean =>
  (query.status === undefined || task.status === query.status) &&
  (query.queue === undefined || task.queue === query.queue) &&
  (query.node === undefined || task.assignedNode === query.node) &&
  (query.userId === undefined || task.userId === query.userId) &&
  (query.parentId === undefined || task.parentId === query.parentId);
