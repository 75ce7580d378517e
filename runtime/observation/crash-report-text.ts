// A crash report for people: what matters first, then how it came about.
import type { Cause } from "./cause-chain.ts";
import type { CrashReport, ReportLine } from "./crash-report.ts";
import { durationText } from "./duration-text.ts";

export function crashReportText(report: CrashReport): string {
  const { path, node, protocol, during, code, detail, waiting, restarts, causes } = report;
  const { messageKind, sender, payload } = report;
  const what = messageKind === "event" ? during : `${messageKind} ${during}`;
  return [
    `${path} crashed in ${what}: ${code}: ${detail}`,
    `  at        ${new Date(report.wallMs).toISOString()} on ${node}, ${protocol}`,
    ...(messageKind === "event" ? [] : [`  sender    ${sender ?? "outside"}`]),
    ...(payload === undefined ? [] : [`  payload   ${payload}`]),
    `  mailbox   ${counted(waiting, "message")} waiting`,
    `  restarts  ${restarts} before`,
    "  causes",
    ...causes.causes.map(causeText),
    ...(causes.cut === "cycle" ? ["    … and so on in a circle"] : []),
    ...(causes.cut === "too long" ? ["    … and further ones"] : []),
    ...(report.last.length === 0 ? [] : ["  last events, oldest first", ...linesText(report.last)]),
    "",
  ].join("\n");
}

function causeText({ name, code, message, at }: Cause): string {
  const label = code === undefined || message.startsWith(`${code}:`) ? name : `${name} ${code}`;
  return `    ${label}: ${message}${at === undefined ? "" : `\n      at ${at}`}`;
}

function linesText(lines: readonly ReportLine[]): readonly string[] {
  const rows = lines.map((line) => [
    `${durationText(line.agoMs)} ago`,
    line.kind,
    line.what,
    line.tookMs === undefined ? line.end : `${line.end} in ${durationText(line.tookMs)}`,
    line.sender ?? (line.kind === "event" ? "" : "outside"),
    line.payload ?? "",
  ]);
  // The payload stands last and may be as long as it is.
  const widths = [0, 1, 2, 3, 4].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    `    ${row.map((text, at) => text.padEnd(widths[at] ?? 0)).join("  ")}`.trimEnd(),
  );
}

const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;
