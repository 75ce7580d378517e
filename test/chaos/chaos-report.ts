// What a run came to, as lines for people. Pure.
import type { ProfileName } from "#protocols/outside/topology.ts";
import { takeUpMsMax } from "./chaos-away.ts";
import type { TaskHistory } from "./chaos-history.ts";
import type { Rerun, Span } from "./chaos-losses.ts";
import type { ChaosOptions, ChaosOutcome } from "./chaos-run.ts";
import { workerSlots } from "./chaos-topology.ts";
import { isUpheld, poisonedMaxOf } from "./chaos-verdict.ts";

/**
 * Milliseconds from the loss of a worker until its task runs again: by the clock where workers alone are hit;
 * else while somebody was there to hand tasks on.
 */
export const rerunMsMax: Readonly<Record<ProfileName, number>> = { default: 17_000, fast: 3_000 };

export const isSoon = (
  { reruns }: Pick<ChaosOutcome, "reruns">,
  { hit, profile }: Pick<ChaosOptions, "hit" | "profile">,
): boolean =>
  reruns.every(
    ({ rerun: { clockMs, servedMs } }) =>
      (hit === "workers" ? clockMs : servedMs) < rerunMsMax[profile],
  );

const poisonedMax = ({ done }: Pick<ChaosOutcome, "done">): number =>
  poisonedMaxOf(done.length, workerSlots);

/** Nothing was lost, doubled, failed or left, everything was taken, and work went on in time. */
export const isPassed = (
  outcome: Pick<ChaosOutcome, "verdict" | "done" | "reruns" | "refused" | "acknowledged">,
  options: Pick<ChaosOptions, "tasks" | "hit" | "profile">,
): boolean =>
  isUpheld(outcome.verdict) &&
  outcome.verdict.poisoned.length <= poisonedMax(outcome) &&
  outcome.refused.length === 0 &&
  outcome.acknowledged === options.tasks &&
  isSoon(outcome, options);

export function chaosReport(outcome: ChaosOutcome, options: ChaosOptions): string {
  const { acknowledged, missed, refused, repeats, reruns, verdict } = outcome;
  const { hit, profile, seconds, seed, store, tasks, workers } = options;
  const codes = [...verdict.codes].map(([code, count]) => `${count} ${code}`).join(", ");
  return [
    `chaos: ${workers} workers, ${tasks} tasks, ${seconds} s, seed ${seed}, profile ${profile}, store ${store}, hit ${hit}`,
    ...outcome.done.map(
      ({ act, atMs, forMs, target }) =>
        `  ${secondsOf(atMs).padStart(6)}  ${act.padEnd(6)} ${target}${isLasting(act, target) ? ` for ${secondsOf(forMs)}` : ""}`,
    ),
    missed.length === 0 ? "" : `  ${missed.length} faults met nobody: the process was down already`,
    `ready after ${secondsOf(outcome.bootMs)}; the last receipt after ${secondsOf(outcome.submitMs)}; in all ${secondsOf(outcome.totalMs)}`,
    `acknowledged  ${acknowledged} of ${tasks}, after ${repeats} repeated requests; refused ${refused.length}`,
    `lost          ${named(verdict.lost)}`,
    `doubled       ${named(verdict.doubled)}`,
    `unfinished    ${named(verdict.unfinished)}`,
    `unfounded     ${named(verdict.unfounded)} (committed without an effect outside)`,
    `failed        ${named(verdict.failed)}`,
    `poisoned      ${named(verdict.poisoned)} (explained by the faults: ${poisonedMax(outcome)} at most)`,
    codes === "" ? "" : `without result ${codes}`,
    `attempts      ${verdict.attempts}; ${verdict.repeatedEffects} effects of attempts whose result was not taken`,
    ...lossTable(reruns),
    absent(outcome),
    ...(outcome.slowest ? ["the slowest of them:", ...storyOf(outcome.slowest)] : []),
    ...["control", "gateway", "redis"].map((name) => served(name, outcome)),
    ...refused.slice(0, 5),
    ...outcome.broken.flatMap(storyOf),
    isPassed(outcome, options)
      ? "PASSED"
      : `FAILED${isSoon(outcome, options) ? "" : `: a task did not run again within ${secondsOf(rerunMsMax[profile])}`}; repeat it with --seed ${seed}`,
  ]
    .filter((line) => line !== "")
    .join("\n");
}

const storyOf = ({ events, taskId }: TaskHistory): readonly string[] => [
  `${taskId}:`,
  ...events.map(
    ({ at, attempt, node, type }) =>
      `  ${new Date(at).toISOString()} ${type}${node === undefined ? "" : ` on ${node}`} (attempt ${attempt})`,
  ),
];

const isLasting = (act: string, target: string): boolean => act === "freeze" || target === "redis";

const secondsOf = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const named = (ids: readonly string[]): string =>
  ids.length === 0 ? "0" : `${ids.length}: ${ids.slice(0, 5).join(", ")}`;

/** Time in which control node or Redis were away counts in the first column, and not in the second. */
function lossTable(reruns: readonly Rerun[]): readonly string[] {
  if (reruns.length === 0) return ["tasks that their worker lost: 0"];
  const suspected = reruns.flatMap((one) => one.suspected ?? []);
  const rows: readonly (readonly [string, readonly Span[]])[] = [
    [`worker suspected (${suspected.length})`, suspected],
    ["task taken from it", reruns.map(({ taken }) => taken)],
    ["task run again", reruns.map(({ rerun }) => rerun)],
  ];
  const title = `tasks that their worker lost: ${reruns.length}`;
  return [
    `${title.padEnd(38)}${"by the clock: p50, p99, most".padEnd(34)}while handed on: p50, p99, most`,
    ...rows.map(([name, spans]) => {
      const clock = spread(spans.map(({ clockMs }) => clockMs));
      return `  ${name.padEnd(36)}${clock.padEnd(34)}${spread(spans.map(({ servedMs }) => servedMs))}`;
    }),
  ];
}

function spread(lengthsMs: readonly number[]): string {
  if (lengthsMs.length === 0) return "-";
  const sorted = [...lengthsMs].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return [0.5, 0.99, 1].map((share) => secondsOf(at(share))).join(", ");
}

/** How long nobody handed tasks on, and what of it counts as such. */
function absent({ absence }: ChaosOutcome): string {
  const { takenUpMs, untilBackMs } = absence;
  if (untilBackMs.length === 0) return "";
  const allowed = secondsOf(takeUpMsMax);
  return `nobody hands on for p50, p99, most: ${spread(untilBackMs)} until back (${untilBackMs.length}), and then for ${allowed}; the next was handed on ${spread(takenUpMs)} after it was back`;
}

function served(name: string, { servedAgainMs }: ChaosOutcome): string {
  const all = servedAgainMs.filter(({ target }) => target === name).map(({ ms }) => ms);
  if (all.length === 0) return "";
  const mean = all.reduce((sum, ms) => sum + ms, 0) / all.length;
  return `submissions served again after ${all.length} faults of ${name}: mean ${Math.round(mean)} ms, most ${Math.max(...all)} ms`;
}
