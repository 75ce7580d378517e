// Mistakes that a store could have, each planted into a shelf that is otherwise right. The promises
// must notice every one of them.
import type { StoreCommand } from "#actors/store/backend.ts";
import type { TaskRecord } from "#actors/store/records.ts";
import type { ReadyEntry, Shelf } from "#actors/store/shelf.ts";
import type { StoreEvent } from "#protocols/tasks/task-events.ts";

/** What the mistake may look at: the call under way, and when it is. */
export interface Scene {
  command: StoreCommand;
  nowMs: number;
}
/** The methods that the mistake changes. */
export type Mistake = (shelf: Shelf, scene: Scene) => Partial<Shelf>;

export function plantedShelf(shelf: Shelf, scene: Scene, mistake: Mistake): Shelf {
  const changed = mistake(shelf, scene);
  return new Proxy(shelf, {
    get(target, name) {
      const own: unknown = Reflect.get(changed, name);
      const value: unknown = own ?? Reflect.get(target, name, target);
      return typeof value === "function" && own === undefined ? value.bind(target) : value;
    },
  });
}

const leaseOf = (command: StoreCommand) => {
  switch (command.method) {
    case "complete":
    case "fail":
    case "progress":
      return command.args[0].lease;
    case "release":
      return command.args[0];
    default:
      return undefined;
  }
};

const kept = (former: TaskRecord | undefined, field: "lostLeases" | "retryCount"): number =>
  former?.[field] ?? 0;

export const mistakes: Readonly<Record<string, Mistake>> = {
  "a fence is not compared": (shelf, scene) => ({
    task(taskId) {
      const task = shelf.task(taskId);
      const lease = leaseOf(scene.command);
      const isItsLease = lease?.taskId === taskId && task?.status === "running";
      return task && isItsLease ? { ...task, fence: lease.fence } : task;
    },
  }),
  "a counter is not counted down": (shelf) => ({
    putQueue(queue) {
      const former = shelf.queue(queue.queue)?.running ?? 0;
      shelf.putQueue({ ...queue, running: Math.max(queue.running, former) });
    },
  }),
  "an event is missing in one channel": (shelf, scene) => ({
    append(event, atMs) {
      const isMissing = event.type === "cancelled" && event.channel.startsWith("queue:");
      if (!isMissing) return shelf.append(event, atMs);
      return { ...event, seq: 0, eventId: 0, at: scene.nowMs };
    },
  }),
  "an event is told twice": (shelf) => ({
    append(event, atMs) {
      if (event.type === "running") shelf.append(event, atMs);
      return shelf.append(event, atMs);
    },
  }),
  "a reader misses an event": (shelf) => ({
    events: (channel, afterSeq, max): readonly StoreEvent[] =>
      shelf.events(channel, afterSeq, max).filter(({ seq }) => seq !== 3),
  }),
  "a key is not kept": () => ({ putKey: () => {} }),
  "a key is forgotten too early": (shelf, scene) => ({
    key(scope, name) {
      const key = shelf.key(scope, name);
      return key && key.createdAt + 60_000 < scene.nowMs ? undefined : key;
    },
  }),
  "a key belongs to another content": (shelf) => ({
    putKey: (key) => shelf.putKey({ ...key, fingerprint: "0".repeat(64) }),
  }),
  "a lease is given twice": (shelf, scene) => {
    const given = new Map<string, ReadyEntry>();
    return {
      ready(queue, needs, max) {
        const place = `${queue} ${needs}`;
        const [first, ...others] = shelf.ready(queue, needs, max);
        const again = given.get(place);
        if (first) given.set(place, first);
        return first ? [first, ...others] : again ? [again] : [];
      },
      task(taskId) {
        const task = shelf.task(taskId);
        const isRunning = scene.command.method === "claim" && task?.status === "running";
        return task && isRunning ? { ...task, status: "pending" } : task;
      },
      queue(queue) {
        const record = shelf.queue(queue);
        return record && { ...record, pending: Math.max(record.pending, 1) };
      },
    };
  },
  "the wrong one gives way": (shelf) => ({
    worstEvictable(queue) {
      const first = shelf
        .readyKinds(queue)
        .flatMap(({ text }) => shelf.readyLanes(queue, text, 1_000))
        .flatMap((needs) => shelf.ready(queue, needs, 1));
      return first.find(({ taskId }) => {
        const task = shelf.task(taskId);
        return task?.isEvictable === true && task.attempt === 0;
      });
    },
  }),
  "children are not cancelled with their parent": () => ({ childrenOf: () => [] }),
  "a cancellation is answered and not kept": (shelf) => ({
    putTask(task, former) {
      const isForgotten = task.status === "cancelled" && former?.status === "pending";
      if (!isForgotten) shelf.putTask(task, former);
    },
  }),
  "fences are given again": (shelf) => ({
    next(sequence) {
      const number = shelf.next(sequence);
      return sequence === "fence" ? Math.ceil(number / 2) : number;
    },
  }),
  "lost leases are not counted": (shelf) => ({
    putTask: (task, former) =>
      shelf.putTask({ ...task, lostLeases: kept(former, "lostLeases") }, former),
  }),
  "retries are not counted": (shelf) => ({
    putTask: (task, former) =>
      shelf.putTask({ ...task, retryCount: kept(former, "retryCount") }, former),
  }),
  "deadlines are not watched": () => ({ overdueTasks: () => [] }),
  "times in the queue are not watched": () => ({ overdueInQueue: () => [] }),
  "limits of attempts are not watched": () => ({ overdueAttempts: () => [] }),
  "leases never expire": () => ({ expiredLeases: () => [] }),
  "questions never expire": () => ({ dueConfirmations: () => [] }),
  "scheduled tasks are due early": (shelf) => ({
    dueTasks: (due) => shelf.dueTasks({ ...due, nowMs: due.nowMs + 20_000 }),
  }),
  "ended tasks are forgotten early": (shelf) => ({
    expiredTasks: (due) => shelf.expiredTasks({ ...due, nowMs: due.nowMs + 30_000_000 }),
  }),
  "a retry loses its place": (shelf) => ({
    putTask(task, former) {
      const isAgain = former?.status === "running" && task.status !== "running";
      shelf.putTask(isAgain ? { ...task, rank: task.rank + 600_000 } : task, former);
    },
  }),
  "a lease outlives its task": (shelf, scene) => ({
    dropLease(lease) {
      if (scene.command.method !== "complete") shelf.dropLease(lease);
    },
  }),
  "an attempt stays open when its lease is lost": (shelf) => ({
    putAttempt(attempt) {
      if (attempt.outcome !== "lease_expired") shelf.putAttempt(attempt);
    },
  }),
  "one user's tasks are not told apart": () => ({ pendingOfUser: () => 0 }),
  "a fair queue keeps no time": () => ({ fairTime: () => 0 }),
  "what is due next is not seen": () => ({ nextDueAt: () => null }),
};
