// What a run came to, as lines for people. Pure.
import type { ProfileName } from "#protocols/outside/topology.ts";
import type { TaskHistory } from "./chaos-history.ts";
import type { Rerun } from "./chaos-losses.ts";
import type { ChaosOptions, ChaosOutcome } from "./chaos-run.ts";
import { isUpheld } from "./chaos-verdict.ts";

/** Milliseconds from the loss of a worker until its task runs again, while somebody hands tasks on. */
export const rerunMsMax: Readonly<Record<ProfileName, number>> = { default: 17_000, fast: 3_000 };

export const isSoon = ({ reruns }: ChaosOutcome, profile: ProfileName): boolean =>
  reruns.every(({ servedMs }) => servedMs <= rerunMsMax[profile]);

/** Nothing was lost, doubled or left, everything was taken, and work went on in time. */
export const isPassed = (outcome: ChaosOutcome, options: ChaosOptions): boolean =>
  isUpheld(outcome.verdict) &&
  outcome.refused.length === 0 &&
  outcome.acknowledged === options.tasks &&
  isSoon(outcome, options.profile);

export function chaosReport(outcome: ChaosOutcome, options: ChaosOptions): string {
  const { acknowledged, missed, refused, repeats, reruns, verdict } = outcome;
  const { profile, seconds, seed, store, tasks, workers } = options;
  const failed = [...verdict.failed].map(([code, count]) => `${count} ${code}`).join(", ");
  return [
    `chaos: ${workers} workers, ${tasks} tasks, ${seconds} s, seed ${seed}, profile ${profile}, store ${store}`,
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
    `failed        ${failed || "0"}`,
    `attempts      ${verdict.attempts}; ${verdict.repeatedEffects} effects of attempts whose result was not taken`,
    `tasks that their worker lost: ${reruns.length}`,
    spread("  noticed after", reruns, ({ noticedMs }) => noticedMs),
    spread("  run again after", reruns, ({ rerunMs }) => rerunMs),
    spread("  without the time nobody handed on", reruns, ({ servedMs }) => servedMs),
    ...["control", "gateway", "redis"].map((name) => served(name, outcome)),
    ...refused.slice(0, 5),
    ...outcome.broken.flatMap(storyOf),
    isPassed(outcome, options)
      ? "PASSED"
      : `FAILED${isSoon(outcome, profile) ? "" : `: a task ran again later than ${secondsOf(rerunMsMax[profile])}`}; repeat it with --seed ${seed}`,
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

function spread(title: string, reruns: readonly Rerun[], of: (rerun: Rerun) => number): string {
  if (reruns.length === 0) return "";
  const sorted = reruns.map(of).sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return `${title}  p50 ${Math.round(at(0.5))} ms, p99 ${Math.round(at(0.99))} ms, most ${Math.round(at(1))} ms`;
}

function served(name: string, { servedAgainMs }: ChaosOutcome): string {
  const all = servedAgainMs.filter(({ target }) => target === name).map(({ ms }) => ms);
  if (all.length === 0) return "";
  const mean = all.reduce((sum, ms) => sum + ms, 0) / all.length;
  return `submissions served again after ${all.length} faults of ${name}: mean ${Math.round(mean)} ms, most ${Math.max(...all)} ms`;
}
