// A system report for people, as a terminal shows it.
import type { CrashReport } from "./crash-report.ts";
import { durationText } from "./duration-text.ts";
import { formatTree } from "./format-tree.ts";
import type { SlowHandling } from "./slow-handlers.ts";
import type { SystemReport } from "./system-report.ts";

/** Each line with its newline. */
export function systemReportText(report: SystemReport): string {
  const { node, wallMs, messages, actors, slowest, crashes, crashesOmitted, switchedOff } = report;
  const { sent, processed, queued, dead, inFlight } = messages;
  const ago = (thenMs: number): string => `${durationText(Math.max(0, wallMs - thenMs))} ago`;
  return [
    `${node.name} (incarnation ${node.incarnation}) at ${new Date(wallMs).toISOString()}`,
    `messages: ${sent} sent = ${processed} handled + ${queued} waiting + ${inFlight} in progress + ${dead} dead`,
    "",
    formatTree(actors, { handlingMs: ongoingMs(report) }).trimEnd(),
    ...section(
      "slowest handlers",
      slowest.map((slow) => slowLine(slow, ago)),
    ),
    ...section(
      "last crashes",
      crashes.map((crash) => crashLine(crash, ago)),
    ),
    ...(crashesOmitted > 0 ? [`  and ${crashesOmitted} that came too fast to be reported`] : []),
    ...section(
      "observers switched off",
      switchedOff.map(({ hook, detail }) => `${hook}: ${detail}`),
    ),
    "",
  ].join("\n");
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];

const slowLine = (
  { path, method, ms, end, wallMs }: SlowHandling,
  ago: (thenMs: number) => string,
): string => `${durationText(ms)}  ${path} ${method}: ${end}, ${ago(wallMs)}`;

const crashLine = (
  { path, during, code, detail, wallMs, restarts }: CrashReport,
  ago: (thenMs: number) => string,
): string => `${ago(wallMs)}  ${path} ${during}: ${code}: ${detail} (restarts before: ${restarts})`;

function ongoingMs({ ongoing }: SystemReport) {
  const known = new Map(ongoing.map(({ path, method, ms }) => [`${path} ${method}`, ms]));
  return (path: string, method: string): number | undefined => known.get(`${path} ${method}`);
}
