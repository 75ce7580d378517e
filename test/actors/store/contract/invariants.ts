// The register of what holds for every store at any time, as one pure check over what it acknowledged
// and what it shows. Each line of the answer names the invariant that is broken, and by whom.
import type { StoreCounts } from "#protocols/tasks/store.ts";
import type { LeaseRef } from "#protocols/tasks/task.ts";
import { isEnded, taskStatuses } from "#protocols/tasks/task-states.ts";
import { entriesOf } from "./acknowledged.ts";
import { eventInvariants } from "./event-invariants.ts";
import { evictionInvariants } from "./eviction-invariants.ts";
import type { Evidence, Invariant } from "./evidence.ts";
import { createdIn } from "./observed-store.ts";

/** Of the default policy. */
const lostLeasesMax = 3;
const keyTtlMs = 24 * 3_600_000;

const invariants: Readonly<Record<string, Invariant>> = {
  "what was accepted is live, ended, or forgotten after its time": conservation,
  "a task is completed at most once": oneCommit,
  "a task has at most one living lease, of its newest fence": oneLease,
  "fences grow with every lease": risingFences,
  "only the newest fence is heard": newestHeard,
  "a task that was cancelled never starts": noStartAfterCancel,
  "attempts stay within 1 + maxRetries": attemptsWithinRetries,
  "a task loses no more leases than the policy allows": lostWithinLimit,
  "what has ended stays as it ended": endedStays,
  "counters equal what is counted": countersEqualRecount,
  "no live task is past its deadline": noneBeyondDeadline,
  "a key belongs to one task": keyBelongsToOne,
  "the store's own check finds nothing": ({ observed }) => observed.problems,
  ...eventInvariants,
  ...evictionInvariants,
};

/** Each broken invariant with what breaks it; empty when all hold. */
export function violations(evidence: Evidence): readonly string[] {
  return Object.entries(invariants).flatMap(([name, invariant]) =>
    invariant(evidence).map((problem) => `${name}: ${problem}`),
  );
}

function conservation({ log, observed }: Evidence): readonly string[] {
  const created = createdIn(log);
  const acknowledged = new Set(created);
  const strange = observed.tasks
    .filter(({ taskId }) => !acknowledged.has(taskId))
    .map(({ taskId }) => `${taskId} is listed and was never acknowledged`);
  const vanished = [...observed.absent]
    .filter(([, answer]) => answer !== "gone" && answer !== "not_found")
    .map(([taskId, answer]) => `${taskId} is not listed, but its result is ${answer}`);
  const early = [...observed.absent]
    .filter(([taskId]) => !mayBeForgotten(taskId, { log, observed }))
    .map(([taskId]) => `${taskId} was acknowledged and is forgotten too early`);
  const twice = observed.tasks.length - new Set(observed.tasks.map(({ taskId }) => taskId)).size;
  const sum = observed.tasks.length + observed.absent.size;
  return [
    ...[...strange, ...vanished, ...early],
    ...(twice > 0 ? [`${twice} tasks are listed twice`] : []),
    ...(sum === acknowledged.size ? [] : [`${acknowledged.size} accepted, ${sum} found`]),
  ];
}

/** A task that is kept for less than this after its end is not forgotten within it. */
function mayBeForgotten(taskId: string, { log, observed }: Evidence): boolean {
  const accepted = entriesOf(log, "submit").find(
    ({ entry }) => entry.result.kind === "created" && entry.result.taskId === taskId,
  );
  const shortest = Math.min(
    keyTtlMs,
    ...entriesOf(log, "queue").flatMap(({ entry }) => [
      entry.view.completedTtlMs,
      entry.view.failedTtlMs,
    ]),
  );
  return accepted !== undefined && observed.nowMs - accepted.entry.atMs >= shortest;
}

function oneCommit({ log }: Evidence): readonly string[] {
  const commits = entriesOf(log, "complete").filter(
    ({ entry }) => entry.result.kind === "committed",
  );
  return repeated(commits.map(({ entry }) => entry.lease.taskId)).map(
    (taskId) => `${taskId} was committed more than once`,
  );
}

function oneLease({ log, observed }: Evidence): readonly string[] {
  const newest = new Map<string, number>();
  for (const { entry } of entriesOf(log, "claim")) {
    for (const { taskId, fence } of entry.leases) {
      newest.set(taskId, Math.max(fence, newest.get(taskId) ?? 0));
    }
  }
  const running = new Set(
    observed.tasks.filter(({ status }) => status === "running").map(({ taskId }) => taskId),
  );
  const held = observed.held.map(({ taskId }) => taskId);
  const stale = observed.held.filter(({ taskId, fence }) => newest.get(taskId) !== fence);
  return [
    ...repeated(held).map((taskId) => `${taskId} has more than one lease`),
    ...stale.map(({ taskId, fence }) => `${taskId} is held by the old fence ${fence}`),
    ...held.filter((id) => !running.has(id)).map((id) => `${id} is held and does not run`),
    ...[...running].filter((id) => !held.includes(id)).map((id) => `${id} runs without a lease`),
  ];
}

function risingFences({ log }: Evidence): readonly string[] {
  const claims = entriesOf(log, "claim");
  const fences = claims.flatMap(({ entry }) => entry.leases.map((lease) => lease.fence));
  const problems = repeated(fences).map((fence) => `the fence ${fence} was given twice`);
  let floor = 0;
  let answered = 0;
  for (const { entry } of claims) {
    // Only claims that were answered before this one was asked come before it for certain.
    for (; answered < entry.issued; answered += 1) {
      const earlier = log[answered];
      if (earlier?.kind !== "claim") continue;
      floor = Math.max(floor, ...earlier.leases.map(({ fence }) => fence));
    }
    const low = entry.leases.filter(({ fence }) => fence <= floor);
    problems.push(...low.map(({ fence }) => `the fence ${fence} came after ${floor}`));
  }
  return problems;
}

/** A report that was asked after a newer lease had been answered changes nothing. */
function newestHeard({ log }: Evidence): readonly string[] {
  const claims = entriesOf(log, "claim");
  const newerThan = (lease: LeaseRef, issued: number): boolean =>
    claims.some(
      ({ place, entry }) =>
        place < issued &&
        entry.leases.some(({ taskId, fence }) => taskId === lease.taskId && fence > lease.fence),
    );
  return log.flatMap((entry) => {
    if (entry.kind !== "complete" && entry.kind !== "fail") return [];
    if (entry.result.kind === "lost" || !newerThan(entry.lease, entry.issued)) return [];
    return [`${entry.lease.taskId}: ${entry.kind} under fence ${entry.lease.fence} was heard`];
  });
}

function noStartAfterCancel({ log }: Evidence): readonly string[] {
  const cancelled = new Map<string, number>();
  for (const { place, entry } of entriesOf(log, "cancel")) {
    if (entry.result.kind === "cancelled") cancelled.set(entry.taskId, place);
  }
  return entriesOf(log, "claim").flatMap(({ entry }) =>
    entry.leases
      .filter(({ taskId }) => entry.issued > (cancelled.get(taskId) ?? Number.POSITIVE_INFINITY))
      .map(({ taskId }) => `${taskId} was handed out`),
  );
}

function attemptsWithinRetries({ observed }: Evidence): readonly string[] {
  const beyond = observed.tasks.filter((task) => task.retryCount > task.maxRetries);
  const problems = beyond.map((task) => `${task.taskId}: ${task.retryCount} retries`);
  for (const task of observed.tasks) {
    const channel = observed.channels.get(`task:${task.taskId}`);
    if (!channel || channel.isTrimmed) continue;
    const count = (...types: readonly string[]): number =>
      channel.events.filter((event) => types.includes(event.type)).length;
    const again = count("retried", "released", "lease_lost", "confirmed");
    if (count("running") > 1 + again) problems.push(`${task.taskId} started without a reason`);
    if (count("retried") !== task.retryCount) {
      problems.push(`${task.taskId}: ${task.retryCount} retries, ${count("retried")} were told`);
    }
  }
  return problems;
}

function lostWithinLimit({ observed }: Evidence): readonly string[] {
  return observed.tasks
    .filter((task) => task.lostLeases > lostLeasesMax + (isEnded(task.status) ? 1 : 0))
    .map((task) => `${task.taskId} is ${task.status} and has lost ${task.lostLeases}`);
}

function endedStays({ log, observed }: Evidence): readonly string[] {
  const now = new Map(observed.tasks.map((task) => [task.taskId, task]));
  const problems: string[] = [];
  const expect = (taskId: string, status: string): void => {
    const found = now.get(taskId)?.status;
    if (found !== undefined && found !== status) {
      problems.push(`${taskId} had ended as ${status} and is ${found}`);
    }
  };
  for (const entry of log) {
    if (entry.kind === "complete" && entry.result.kind === "committed") {
      expect(entry.lease.taskId, "completed");
    }
    if (entry.kind === "fail" && entry.result.kind === "ended") {
      expect(entry.lease.taskId, entry.result.status);
    }
    if (entry.kind === "cancel" && entry.result.kind === "cancelled") {
      expect(entry.taskId, "cancelled");
    }
    if (entry.kind === "cancel" && entry.result.kind === "ended") {
      expect(entry.taskId, entry.result.status);
    }
    if (entry.kind === "view" && isEnded(entry.view.status)) {
      expect(entry.view.taskId, entry.view.status);
      const found = now.get(entry.view.taskId);
      if (found && found.version !== entry.view.version) {
        problems.push(`${found.taskId} went on from version ${entry.view.version}`);
      }
    }
  }
  return [...new Set(problems)];
}

/** Ended tasks are counted for good: also those that were forgotten since. */
function countersEqualRecount({ observed }: Evidence): readonly string[] {
  const tasksIn = (status: string, queue?: string): number =>
    observed.tasks.filter(
      (task) => task.status === status && (queue === undefined || task.queue === queue),
    ).length;
  const compare = (where: string, counts: StoreCounts, queue?: string): readonly string[] =>
    taskStatuses.flatMap((status) => {
      const counted = tasksIn(status, queue);
      const said = counts[status];
      const isRight = isEnded(status) ? said >= counted : said === counted;
      return isRight ? [] : [`${where}: ${said} ${status}, ${counted} counted`];
    });
  const queues = observed.queues.flatMap(({ queue, running, pending }) => {
    const waiting = tasksIn("pending", queue) + tasksIn("scheduled", queue);
    const isRight = running === tasksIn("running", queue) && pending === waiting;
    return isRight ? [] : [`queue ${queue} says ${running} running, ${pending} waiting`];
  });
  const said = taskStatuses.reduce((sum, status) => sum + observed.counts[status], 0);
  const known = observed.tasks.length + observed.absent.size;
  return [
    ...compare("all", observed.counts),
    ...[...observed.countsByQueue].flatMap(([queue, counts]) => compare(queue, counts, queue)),
    ...queues,
    ...(said === known ? [] : [`${said} tasks in all, ${known} counted with the forgotten`]),
  ];
}

function noneBeyondDeadline({ observed }: Evidence): readonly string[] {
  return observed.tasks
    .filter(({ status, deadlineAt }) => !isEnded(status) && deadlineAt !== null)
    .filter(({ deadlineAt }) => (deadlineAt ?? 0) <= observed.nowMs)
    .map(({ taskId, status }) => `${taskId} is still ${status}`);
}

function keyBelongsToOne({ log }: Evidence): readonly string[] {
  const created = new Map<string, { taskId: string; atMs: number }>();
  return entriesOf(log, "submit").flatMap(({ entry: { submission, result, atMs } }) => {
    if (submission.idempotencyKey === undefined || !("taskId" in result)) return [];
    const { idempotencyKey, idempotencyScope = null, userId = null } = submission;
    const scope = idempotencyScope ?? [userId];
    const key = JSON.stringify([scope, idempotencyKey]);
    const former = created.get(key);
    if (result.kind === "created") {
      created.set(key, { taskId: result.taskId, atMs });
      const isEarly = former !== undefined && atMs - former.atMs < keyTtlMs;
      return isEarly ? [`${key} made ${former.taskId} and ${result.taskId}`] : [];
    }
    const isOther = former !== undefined && former.taskId !== result.taskId;
    return isOther ? [`${key} made ${former.taskId} and was answered ${result.taskId}`] : [];
  });
}

function repeated<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
