// Pure. What is wrong with a file of a model, in one line.
import { formatPath, type Problem } from "#protocols/outside/problem.ts";

const problemsToldMax = 4;

/** `instances is "two", not a whole number (write …); …` */
export function toldProblems(problems: readonly Problem[]): string {
  const texts = problems.slice(0, problemsToldMax).map(({ path, at, message, remedy }) => {
    const place = at === "key" ? path.slice(0, -1) : path;
    const where = at === "value" ? `${formatPath(place)} ` : "";
    const inside = at === "key" && place.length > 0 ? ` in ${formatPath(place)}` : "";
    return `${where}${message}${inside} (${remedy})`;
  });
  const rest = problems.length - texts.length;
  return rest === 0 ? texts.join("; ") : `${texts.join("; ")}; and ${rest} more`;
}
