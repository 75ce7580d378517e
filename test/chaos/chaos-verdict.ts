// Whether what was promised held: judged by the client's receipts, the store's record, and the effects
// that workers wrote outside of the cluster. Pure.
import { storePolicyDefault } from "#actors/store/store-policy.ts";
import { poisonCode } from "#protocols/tasks/failure-strategy.ts";
import type { ChaosTask } from "./chaos-client.ts";
import type { TaskHistory } from "./chaos-history.ts";

/** A line of the workers' record. */
export interface Effect {
  readonly what: "begin" | "end";
  readonly taskId: string;
  readonly fence: number;
  readonly node: string;
  readonly at: number;
}

export interface ChaosVerdict {
  /** Acknowledged, and the store knows nothing of it. */
  readonly lost: readonly string[];
  /** Committed more than once, or with a result that changed after it was read. */
  readonly doubled: readonly string[];
  /** Acknowledged, and without an end. */
  readonly unfinished: readonly string[];
  /** Committed without an effect outside by that very attempt. */
  readonly unfounded: readonly string[];
  /** Ended without a result, which no fault explains: the tasks only sleep. */
  readonly failed: readonly string[];
  /** Ended because their leases were lost as often as a task may lose them, and once more. */
  readonly poisoned: readonly string[];
  /** Ends of both kinds, by code. */
  readonly codes: ReadonlyMap<string, number>;
  /** Attempts that ended outside beyond one for each task: work done twice, its result refused. */
  readonly repeatedEffects: number;
  readonly attempts: number;
}

export function judge(run: {
  readonly tasks: readonly ChaosTask[];
  readonly histories: readonly TaskHistory[];
  readonly effects: readonly Effect[];
}): ChaosVerdict {
  const { effects, histories, tasks } = run;
  const byTask = new Map(tasks.map((task) => [task.taskId, task]));
  const ends = effects.filter(({ what }) => what === "end");
  const founded = new Set(ends.map(keyOf));
  const codes = new Map<string, number>();
  for (const { code } of histories) {
    if (code !== undefined) codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  const idsOf = (isSo: (history: TaskHistory) => boolean): readonly string[] =>
    histories.filter(isSo).map(({ taskId }) => taskId);
  return {
    lost: idsOf(({ events }) => events.length === 0),
    doubled: idsOf((history) => isDoubled(history, byTask.get(history.taskId))),
    unfinished: idsOf(({ events, status }) => events.length > 0 && status === undefined),
    unfounded: idsOf(
      ({ result, taskId }) => result !== undefined && !founded.has(keyOf({ taskId, ...result })),
    ),
    failed: idsOf((history) => isWithoutResult(history) && !isPoisoned(history)),
    poisoned: idsOf(isPoisoned),
    codes,
    repeatedEffects: ends.length - new Set(ends.map(({ taskId }) => taskId)).size,
    attempts: effects.length - ends.length,
  };
}

/** Tasks for which a promise was broken. */
export const brokenIn = ({
  lost,
  doubled,
  unfinished,
  unfounded,
  failed,
}: ChaosVerdict): readonly string[] => [
  ...lost,
  ...doubled,
  ...unfinished,
  ...unfounded,
  ...failed,
];

export const isUpheld = (verdict: ChaosVerdict): boolean => brokenIn(verdict).length === 0;

/** Tasks that faults explain the poisoning of: each takes no more from a worker than it has slots. */
export const poisonedMaxOf = (faults: number, slots: number): number =>
  Math.floor((faults * slots) / (storePolicyDefault.lostLeasesMax + 1));

const isWithoutResult = ({ status }: TaskHistory): boolean =>
  status !== undefined && status !== "completed";

/** The last loss is the end itself, and no event of its own. */
const isPoisoned = (history: TaskHistory): boolean =>
  isWithoutResult(history) &&
  history.code === poisonCode &&
  history.events.filter(({ type }) => type === "lease_lost").length >=
    storePolicyDefault.lostLeasesMax;

/** Two commits in the store's record, or another end than the client has read before. */
function isDoubled({ events, result, status }: TaskHistory, task: ChaosTask | undefined): boolean {
  if (events.filter(({ type }) => type === "completed").length > 1) return true;
  const seen = task?.end;
  if (seen === undefined || status === undefined) return false;
  if (seen.kind === "failure") return status === "completed";
  return seen.fence !== result?.fence || seen.node !== result.node;
}

const keyOf = ({ fence, node, taskId }: Pick<Effect, "fence" | "node" | "taskId">): string =>
  `${taskId} ${fence} ${node}`;
