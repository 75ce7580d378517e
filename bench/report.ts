// What a suite found: a table for the reader, JSON and a chart for the record, each with the machine,
// the versions and the load under which it was measured.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Machine, machine } from "#runtime/host/machine.ts";
import { chartOf } from "./chart.ts";
import type { Absence, Ratio, Row, Scale, SuiteOutcome } from "./contest.ts";

export interface Report {
  readonly suite: string;
  readonly scale: Scale;
  readonly startedAt: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  /** The system's load averages over 1, 5 and 15 minutes, at the end. */
  readonly load: readonly number[];
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
  readonly absent: readonly Absence[];
}

const root = fileURLToPath(new URL("..", import.meta.url));

/** Prints the report and writes `<suite>.json` and `<suite>.svg` into the folder, if there is one. */
export function publish(finding: {
  readonly suite: string;
  readonly scale: Scale;
  readonly startedAt: Date;
  readonly outcome: SuiteOutcome;
  readonly folder: string | undefined;
}): void {
  const { suite, scale, startedAt, outcome, folder } = finding;
  const report: Report = {
    suite,
    scale,
    startedAt: startedAt.toISOString(),
    machine: machine(),
    versions: { ...versionsOf(outcome.packages), ...outcome.versions },
    load: loadavg(),
    rows: outcome.contests.flatMap((contest) => contest.rows),
    ratios: outcome.contests.flatMap((contest) => contest.ratios),
    absent: [...outcome.absent, ...outcome.contests.flatMap(({ absent = [] }) => absent)],
  };
  console.log(textOf(report));
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${suite}.json`);
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(join(folder, `${suite}.svg`), chartOf(report));
  console.log(`\nWritten: ${file} and its chart beside it.`);
}

export function textOf(report: Report): string {
  const { absent, load, machine: host, ratios, rows, scale, suite, versions } = report;
  return [
    `${suite} (${scale}) on ${host.cores} x ${host.cpuModel}, ${gibibytes(host.memoryBytes)} GiB, ` +
      `${host.platform} ${host.arch}, load ${load.map((figure) => figure.toFixed(2)).join(" ")}`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", "),
    "",
    ...table(rowHeads, rows.map(rowCells)),
    ...(ratios.length === 0 ? [] : ["", ...table(ratioHeads, ratios.map(ratioCells))]),
    ...absent.map(({ peer, reason }) => `absent: ${peer} (${reason})`),
    ...(scale === "quick" ? ["", "A quick run shows that it works; it proves nothing."] : []),
  ].join("\n");
}

const rowHeads = [
  "workload",
  "peer",
  "variant",
  "per second",
  "least - most",
  "p50 us",
  "p99 us",
  "bytes",
  "resident",
  "dB",
  "similarity",
];

const rowCells = (row: Row): readonly string[] => [
  row.workload,
  row.peer,
  row.variant,
  short(row.perSecond),
  `${short(row.perSecondMin)} - ${short(row.perSecondMax)}`,
  short(row.p50Us),
  short(row.p99Us),
  short(row.bytes),
  short(row.residentBytes),
  short(row.decibels),
  short(row.similarity),
];

const ratioHeads = ["workload", "against", "what", "figure", "least - most", "goal", "met"];

const ratioCells = (ratio: Ratio): readonly string[] => [
  ratio.workload,
  ratio.against,
  `${ratio.measure} ${ratio.as}`,
  ratio.ratio.toFixed(3),
  `${ratio.min.toFixed(3)} - ${ratio.max.toFixed(3)}`,
  ratio.goal,
  ratio.met ? "yes" : "no",
];

function table(heads: readonly string[], cells: readonly (readonly string[])[]): readonly string[] {
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...cells.map((line) => line[column]?.length ?? 0)),
  );
  const lines = [heads, widths.map((width) => "-".repeat(width)), ...cells];
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Three digits that count. */
export function short(figure: number | undefined): string {
  if (figure === undefined) return "";
  if (Math.abs(figure) >= 100) return String(Math.round(figure));
  return String(Number(figure.toPrecision(3)));
}

const gibibytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);

function versionsOf(packages: readonly string[]): Readonly<Record<string, string>> {
  const entries = packages.map((name) => [
    name,
    versionIn(join(root, "node_modules", name, "package.json")),
  ]);
  return {
    troupe: versionIn(join(root, "package.json")),
    node: process.versions.node,
    v8: process.versions.v8,
    ...Object.fromEntries(entries),
  };
}

function versionIn(file: string): string {
  const manifest: { readonly version: string } = JSON.parse(readFileSync(file, "utf8"));
  return manifest.version;
}
