// `troupe statistics`: the history of the cluster's figures, as the store keeps it.
import { InvalidArgumentError, Option } from "commander";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import type { AddCommand } from "./command.ts";
import type { CommandIo } from "./command-io.ts";
import { GatewayClient, gatewayUrlDefault } from "./gateway-client.ts";
import { sparkline } from "./sparkline.ts";
import { formatTable } from "./table.ts";
import { timeText } from "./time-text.ts";

const Known = {
  kind: Type.String(),
  unit: Type.String(),
  label: Type.Union([Type.String(), Type.Null()]),
};
const Listing = Type.Object({
  series: Type.Array(Type.Object({ ...Known, name: Type.String(), of: Type.Array(Type.String()) })),
});
type Listing = Static<typeof Listing>;

const MaybeMs = Type.Optional(Type.Union([Type.Number(), Type.Null()]));
const Point = Type.Object({
  at: Type.Integer(),
  value: Type.Number(),
  min: Type.Number(),
  max: Type.Number(),
  p50: MaybeMs,
  p99: MaybeMs,
});
type Point = Static<typeof Point>;
const Line = Type.Object({
  of: Type.Union([Type.String(), Type.Null()]),
  points: Type.Array(Point),
});
const Report = Type.Object({
  ...Known,
  series: Type.String(),
  stepMs: Type.Integer(),
  from: Type.Integer(),
  to: Type.Integer(),
  lines: Type.Array(Line),
  omitted: Type.Integer(),
});
type Report = Static<typeof Report>;

const listingCheck = Compile(Listing);
const reportCheck = Compile(Report);

interface StatisticsOptions {
  readonly url: string;
  readonly of?: string;
  /** Milliseconds. */
  readonly since: number;
  readonly step?: number;
  readonly json?: true;
}

const sinceDefaultMs = 3_600_000;

const examples = `
Without a series: those that there are. Bars begin at zero; a gap is a time of which nothing is known.
Steps are kept for a day (10s), two weeks (1m) and 400 days (1h).

Examples:
  troupe statistics
  troupe statistics queue.pending
  troupe statistics queue.waits --of default --since 2d
  troupe statistics queue.completed_per_second --since 30m --json`;

export const addStatisticsCommand: AddCommand = ({ program, io }) => {
  program
    .command("statistics")
    .description("show the history of a running cluster's figures")
    .argument("[series]", "name of the series, such as queue.pending")
    .option("--of <name>", "only of this queue, node or status")
    .addOption(
      new Option("--since <time>", "how far back: 90s, 30m, 1h, 2d")
        .argParser(msIn)
        .default(sinceDefaultMs, "1h"),
    )
    .option("--step <time>", "length of a step: 10s, 1m or 1h (default: as fits)", msIn)
    .option("--url <url>", "address of the cluster's gateway", gatewayUrlDefault)
    .option("--json", "print the answer as JSON")
    .addHelpText("after", examples)
    .action(async (series: string | undefined, options: StatisticsOptions) => {
      const client = new GatewayClient(options.url);
      const answer = await client.get(`api/v1/statistics?${queryOf(series, options)}`);
      io.out(`${options.json ? JSON.stringify(answer, null, 2) : described(answer, client, io)}\n`);
    });
};

function queryOf(series: string | undefined, { of, since, step }: StatisticsOptions) {
  return new URLSearchParams({
    since: String(since),
    ...(series === undefined ? {} : { series }),
    ...(of === undefined ? {} : { of }),
    ...(step === undefined ? {} : { step: String(step) }),
  });
}

const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function msIn(text: string): number {
  const [, amount = "", unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(amount) * (unitMs[unit] ?? 0);
  if (ms > 0) return ms;
  throw new InvalidArgumentError("Write a time like 90s, 30m, 1h or 2d.");
}

function described(answer: unknown, { url }: GatewayClient, io: CommandIo): string {
  if (listingCheck.Check(answer)) return describeListing(answer);
  if (reportCheck.Check(answer)) return describeReport(answer, io);
  throw new Failure("invalid", `${url} does not answer like a gateway of Troupe`);
}

function describeListing({ series }: Listing): string {
  if (series.length === 0) return "nothing is kept of that time yet; the first points come in 10 s";
  const rows = series.map(({ name, kind, unit, label, of }) => {
    const shown = of.slice(0, namesMax).join(", ");
    const more = of.length > namesMax ? `, and ${of.length - namesMax} more` : "";
    return [name, kind, unit, label === null ? "" : `${label}: ${shown}${more}`];
  });
  return formatTable(["SERIES", "KIND", "UNIT", "OF"], rows);
}

const namesMax = 6;
const chartColumns = { least: 10, most: 60, beside: 50 } as const;

function describeReport(report: Report, { columns: width }: CommandIo): string {
  const { series, unit, from, to, stepMs, lines, omitted } = report;
  const { least, most, beside } = chartColumns;
  const columns = Math.max(least, Math.min(most, width - beside, (to - from) / stepMs));
  const known = lines.filter(({ points }) => points.length > 0);
  const head = `${series} (${unit}), ${timeText(from)} to ${timeText(to)}, steps of ${stepMs / 1_000} s`;
  if (known.length === 0) return `${head}\nnothing is kept of that time`;
  const isTimed = known.some(({ points }) => points.some(({ p50 }) => p50 !== undefined));
  const rows = known.map(({ of, points }) => [
    of ?? "all",
    sparkline(points, { from, to, columns }),
    figureText(points.at(-1)?.value ?? 0),
    figureText(points.reduce((least, { min }) => Math.min(least, min), Infinity)),
    figureText(points.reduce((most, { max }) => Math.max(most, max), -Infinity)),
    ...(isTimed ? lastTimes(points) : []),
  ]);
  const heads = ["OF", "CHART", "LAST", "LEAST", "MOST", ...(isTimed ? ["P50", "P99"] : [])];
  const rest = omitted > 0 ? `\n${omitted} more are not shown; name one with --of` : "";
  return `${head}\n\n${formatTable(heads, rows)}${rest}`;
}

/** Of the last step that has some. */
function lastTimes(points: readonly Point[]): readonly string[] {
  const { p50, p99 } = points.findLast((point) => typeof point.p50 === "number") ?? {};
  return [p50, p99].map((ms) => (typeof ms === "number" ? figureText(ms) : "-"));
}

const figureText = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toPrecision(3).replace(/^(\d{4,})\..*/, "$1");
