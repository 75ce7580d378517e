// Failures grouped by likeness, and the tasks that are poison: what is known, and what of it is not kept
// yet. The number of groups is bounded: the one that is worth least gives way, acknowledged ones first. A
// flood of errors that happen once each, as texts are whose varying part nobody knows, so only drives out
// its like, and not the one that fails everywhere; which does not stay for ever, either. Pure.
import { storeLimits } from "#protocols/store-limits.ts";
import type {
  ErrorGroup,
  ErrorNotes,
  KeptErrors,
  PoisonTask,
} from "#protocols/tasks/error-records.ts";
import type { ErrorAcknowledged, ErrorQuery } from "#protocols/tasks/errors.ts";
import { poisonCode } from "#protocols/tasks/failure-strategy.ts";
import { fingerprintOf, normalisedDetail } from "./error-fingerprint.ts";
import type { FailedAttempt } from "./failed-attempt.ts";

const samplesMax = 8;
/** Of a group that is seen no more, its failures are worth half of it after so long. */
const worthHalvedMs = 3_600_000;

export class ErrorGroups {
  readonly #groups: Map<string, ErrorGroup>;
  readonly #changed = new Set<string>();
  readonly #forgotten = new Set<string>();
  #poison: readonly PoisonTask[];
  #poisonNew: readonly PoisonTask[] = [];
  #seq: number;
  #missed: number;
  #forgottenTotal = 0;

  constructor({ groups, poison, seq, missed }: KeptErrors) {
    this.#groups = new Map(groups.map((group) => [group.fingerprint, group]));
    this.#poison = poison;
    this.#seq = seq;
    this.#missed = missed;
  }

  /** Number of the last event that is counted in. */
  get seq(): number {
    return this.#seq;
  }
  get missed(): number {
    return this.#missed;
  }
  get size(): number {
    return this.#groups.size;
  }
  get forgottenTotal(): number {
    return this.#forgottenTotal;
  }
  /** Newest first. */
  get poison(): readonly PoisonTask[] {
    return this.#poison;
  }
  get all(): readonly ErrorGroup[] {
    return [...this.#groups.values()];
  }

  get(fingerprint: string): ErrorGroup | undefined {
    return this.#groups.get(fingerprint);
  }

  /** Seen last first. */
  find({
    class: failureClass,
    type,
    queue,
    node,
    state,
    limit,
  }: ErrorQuery): readonly ErrorGroup[] {
    const isFit = (group: ErrorGroup): boolean =>
      (failureClass === undefined || group.class === failureClass) &&
      (type === undefined || group.type === type) &&
      (queue === undefined || group.queues.includes(queue)) &&
      (node === undefined || group.nodes.includes(node)) &&
      (state === undefined || (group.acknowledgedBy === null) === (state === "open"));
    return this.all
      .filter(isFit)
      .sort((a, b) => b.lastAt - a.lastAt)
      .slice(0, limit);
  }

  /** The event of that number was read; `behind` before it were forgotten unread. */
  readUpTo(seq: number, behind: number): void {
    this.#seq = seq;
    this.#missed += behind;
  }

  note(attempt: FailedAttempt): ErrorGroup {
    const detail = normalisedDetail(attempt.detail);
    const fingerprint = fingerprintOf(attempt, detail);
    const former = this.#groups.get(fingerprint);
    if (!former) this.#makeRoom();
    const group = grown(former ?? firstOf(attempt, { fingerprint, detail }), attempt);
    this.#put(group);
    if (attempt.code === poisonCode) this.#notePoison(attempt);
    return group;
  }

  acknowledge(fingerprint: string, by: string, at: number): ErrorAcknowledged {
    const group = this.#groups.get(fingerprint);
    if (!group) return { kind: "not_found" };
    if (group.acknowledgedBy !== null) return { kind: "already", by: group.acknowledgedBy };
    this.#put({ ...group, acknowledgedBy: by, acknowledgedAt: at });
    return { kind: "acknowledged" };
  }

  /** What is to be kept; call `kept` with it when it is. */
  changes(): ErrorNotes {
    return {
      seq: this.#seq,
      missed: this.#missed,
      groups: [...this.#changed].flatMap((fingerprint) => this.#groups.get(fingerprint) ?? []),
      forgotten: [...this.#forgotten].slice(0, storeLimits.errorGroupsMax),
      poison: [...this.#poisonNew],
    };
  }

  kept({ groups, forgotten, poison }: ErrorNotes): void {
    for (const group of groups) {
      const { fingerprint } = group;
      if (this.#groups.get(fingerprint) === group) this.#changed.delete(fingerprint);
    }
    for (const fingerprint of forgotten) this.#forgotten.delete(fingerprint);
    const isKept = new Set(poison);
    this.#poisonNew = this.#poisonNew.filter((task) => !isKept.has(task));
  }

  #put(group: ErrorGroup): void {
    this.#groups.set(group.fingerprint, group);
    this.#changed.add(group.fingerprint);
    this.#forgotten.delete(group.fingerprint);
  }

  #makeRoom(): void {
    if (this.#groups.size < storeLimits.errorGroupsMax) return;
    const [least] = this.all.toSorted(
      (a, b) =>
        Number(a.acknowledgedBy === null) - Number(b.acknowledgedBy === null) ||
        worthOf(a) - worthOf(b),
    );
    if (!least) return;
    this.#groups.delete(least.fingerprint);
    this.#changed.delete(least.fingerprint);
    this.#forgotten.add(least.fingerprint);
    this.#forgottenTotal += 1;
  }

  #notePoison({ taskId, at, type, model, queue, node, detail: why }: FailedAttempt): void {
    const task = { taskId, at, type, model, queue, node, why };
    const max = storeLimits.poisonTasksMax;
    this.#poison = [task, ...this.#poison].slice(0, max);
    this.#poisonNew = [task, ...this.#poisonNew].slice(0, max);
  }
}

/** The logarithm of count / 2^(age / half-life), up to a summand that all have in common: now. */
const worthOf = ({ count, lastAt }: ErrorGroup): number =>
  Math.log2(count) + lastAt / worthHalvedMs;

const firstOf = (
  { class: failureClass, code, type, model, at }: FailedAttempt,
  { fingerprint, detail }: { readonly fingerprint: string; readonly detail: string },
): ErrorGroup => ({
  fingerprint,
  ...{ class: failureClass, code, type, model, detail, sample: "" },
  ...{ count: 0, retried: 0, firstAt: at, lastAt: at },
  ...{ taskIds: [], nodes: [], queues: [], acknowledgedBy: null, acknowledgedAt: null },
});

/** What happens again is open again. */
const grown = (group: ErrorGroup, attempt: FailedAttempt): ErrorGroup => ({
  ...group,
  sample: attempt.detail,
  count: group.count + 1,
  retried: group.retried + (attempt.isRetried ? 1 : 0),
  lastAt: Math.max(group.lastAt, attempt.at),
  taskIds: withNewest(group.taskIds, attempt.taskId),
  nodes: withNewest(group.nodes, attempt.node),
  queues: withNewest(group.queues, attempt.queue),
  acknowledgedBy: null,
  acknowledgedAt: null,
});

const withNewest = (names: readonly string[], name: string | null): string[] =>
  name === null ? [...names] : [name, ...names.filter((one) => one !== name)].slice(0, samplesMax);
