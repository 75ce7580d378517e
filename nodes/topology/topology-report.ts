// Problems as text for people: place, key path, code frame, remedy. Pure.
//
//   local.yaml:12:5  nodes[0].biind  unknown key "biind"; did you mean bind?
//     11 |   - name: control
//   > 12 |     biind: tcp://127.0.0.1:7600
//        |     ^^^^^
//     remedy: write bind
import { formatPath } from "#protocols/outside/problem.ts";
import type { LocatedProblem } from "./yaml-source.ts";

const problemsShownMax = 50;
const lineCharactersMax = 160;

export interface ReportSource {
  /** The file as its user named it. */
  readonly file: string;
  readonly text: string;
}

/** In the file's order; beyond 50 problems the rest is counted. */
export function reportProblems(source: ReportSource, problems: readonly LocatedProblem[]): string {
  const sorted = [...problems].sort(
    (a, b) => a.spot.line - b.spot.line || a.spot.column - b.spot.column,
  );
  const shown = sorted.slice(0, problemsShownMax).map((problem) => reportOne(source, problem));
  const rest = sorted.length - shown.length;
  const more = rest > 0 ? [`… and ${rest} more; correct these first`] : [];
  const count = sorted.length === 1 ? "1 problem" : `${sorted.length} problems`;
  return [`${count} in ${source.file}`, ...shown, ...more].join("\n\n");
}

function reportOne(source: ReportSource, problem: LocatedProblem): string {
  const { spot } = problem;
  const place = `${source.file}:${spot.line}:${spot.column}`;
  return [
    `${place}  ${formatPath(problem.path)}  ${problem.message}`,
    ...codeFrame(source.text, problem),
    `  remedy: ${problem.remedy}`,
  ].join("\n");
}

function codeFrame(text: string, { spot }: LocatedProblem): readonly string[] {
  const lines = text.split(/\r?\n/);
  const from = Math.max(1, spot.line - 1);
  const width = String(spot.line).length;
  const frame = lines.slice(from - 1, spot.line).map((line, index) => {
    const number = from + index;
    const mark = number === spot.line ? ">" : " ";
    return `  ${mark} ${String(number).padStart(width)} | ${line.slice(0, lineCharactersMax)}`;
  });
  if (spot.column > lineCharactersMax) return frame;
  const length = Math.min(spot.length, lineCharactersMax - spot.column + 1);
  const indent = " ".repeat(spot.column - 1);
  return [...frame, `    ${" ".repeat(width)} | ${indent}${"^".repeat(length)}`];
}
