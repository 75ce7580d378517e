// What is wrong with a value that does not fit its schema, for whoever wrote the value: where, what stands
// there, and what may. A schema's own first complaint misleads where it has alternatives: "must be equal to
// constant" and "must be string" are said of the first of them, "schema is false" of a key that is not known.
import { nearestWord } from "./outside/spelling.ts";

/** As a compiled schema tells them. */
export interface ValueProblem {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
  /** Where in the schema the complaint stands, as a JSON Pointer behind `#`. */
  readonly schemaPath?: string;
}

const seenLengthMax = 64;

/**
 * Such as `status is "done"; it may be "failed" or "completed"`. `value`: the whole that was checked. With its
 * schema a key that is not known is told with those that are.
 */
export function valueMisfit(
  problems: readonly ValueProblem[],
  value: unknown,
  schema?: object,
): string {
  const { path, why } = firstMisfit(problems, value, schema);
  return `${path.slice(1).replaceAll("/", ".") || "it"} ${why}`;
}

/** The same in its parts: the place as a JSON Pointer, and the sentence that its name begins. */
export function firstMisfit(
  problems: readonly ValueProblem[],
  value: unknown,
  schema?: object,
): { readonly path: string; readonly why: string } {
  const first = mostTelling(problems);
  if (first === undefined) return { path: "", why: "does not fit" };
  const { instancePath: path } = first;
  // Of a key that is not known the schema says that nothing may stand there.
  if (first.keyword === "boolean") return { path, why: unknownKey(first, schema) };
  if (first.keyword === "pattern") {
    return { path, why: `is ${shown(valueAt(value, path))}; ${wantedBy(first, schema)}` };
  }
  if (first.keyword === "required") {
    return { path, why: `lacks ${requiredBy(first).join(", ")}` };
  }
  const seen = valueAt(value, path);
  const choice = choiceAt(problems, { first, seen });
  if (choice === undefined) return { path, why: first.message };
  return { path, why: `is ${shown(seen)}; it may be ${choice}` };
}

/**
 * An alternative of another type altogether says nothing of a value that has the type of the next one: what
 * that one complains of is what can be mended.
 */
function mostTelling(problems: readonly ValueProblem[]): ValueProblem | undefined {
  const [first] = problems;
  if (first?.keyword !== "type") return first;
  const { instancePath: path } = first;
  const isOfTheSame = ({ instancePath, keyword }: ValueProblem): boolean =>
    instancePath.startsWith(`${path}/`) ||
    (instancePath === path && !ofAlternatives.includes(keyword));
  return problems.find(isOfTheSame) ?? first;
}

/** Said of the place as a whole, by each alternative that is another one. */
const ofAlternatives: readonly string[] = ["type", "anyOf", "const", "enum"];

/** All that may stand there; undefined where the complaint itself says it. */
function choiceAt(
  problems: readonly ValueProblem[],
  { first, seen }: { readonly first: ValueProblem; readonly seen: unknown },
): string | undefined {
  if (!ofAlternatives.includes(first.keyword)) return undefined;
  const here = problems.filter(({ instancePath }) => instancePath === first.instancePath);
  const worded = here.filter(({ params }) => allowedIn(params).length > 0);
  const words = worded.flatMap(({ params }) => allowedIn(params).map((one) => JSON.stringify(one)));
  // Of a word its schema tells the type, too.
  const types = here
    .filter(({ keyword }) => keyword === "type")
    .filter(({ schemaPath }) => !worded.some((word) => word.schemaPath === schemaPath))
    .map(({ params }) => params);
  // That NaN "must be number" helps nobody.
  if (words.length === 0 && types.length < 2 && !isStrange(seen)) return undefined;
  const named = types.map((params) => typeWord(memberOf(params, "type"), seen));
  const choices = [...new Set([...words, ...named])];
  const last = choices.pop() ?? "";
  return choices.length === 0 ? last : `${choices.join(", ")} or ${last}`;
}

function typeWord(type: unknown, seen: unknown): string {
  if (type === "number" && isStrange(seen)) return "a finite number";
  return typeWords.get(type) ?? `of type ${type}`;
}

const isStrange = (seen: unknown): boolean => typeof seen === "number" && !Number.isFinite(seen);

const typeWords: ReadonlyMap<unknown, string> = new Map([
  ["string", "a string"],
  ["number", "a number"],
  ["integer", "a whole number"],
  ["boolean", "a boolean"],
  ["null", "null"],
  ["object", "an object"],
  ["array", "an array"],
]);

function requiredBy({ params }: ValueProblem): readonly unknown[] {
  const keys = memberOf(params, "requiredProperties");
  return Array.isArray(keys) ? keys : ["a key"];
}

function unknownKey({ instancePath, schemaPath }: ValueProblem, schema?: object): string {
  // What complains is the word `additionalProperties` of the part that has the keys.
  const part = partOf(schema, schemaPath?.replace(/\/[^/]*$/, ""));
  const known = Object.keys(objectIn(memberOf(part, "properties")));
  const key = unescaped(instancePath.split("/").at(-1) ?? "");
  const near = nearestWord(key, known);
  if (near !== undefined) return `is not known; did you mean ${near}?`;
  if (known.length === 0) return "is not known; leave it out";
  return `is not known; leave it out, or write ${known.join(", ")}`;
}

/** A pattern says little to people; what it means stands beside it. */
function wantedBy({ message, schemaPath }: ValueProblem, schema?: object): string {
  const words = memberOf(partOf(schema, schemaPath), "description");
  return typeof words === "string" ? `write ${words}` : `it ${message}`;
}

function partOf(schema: unknown, schemaPath = ""): unknown {
  const steps = schemaPath.split("/").slice(1);
  return steps.reduce((part, step) => memberOf(part, unescaped(step)), schema);
}

const objectIn = (value: unknown): object =>
  typeof value === "object" && value !== null ? value : {};

function allowedIn(params: object): readonly unknown[] {
  if ("allowedValues" in params && Array.isArray(params.allowedValues)) return params.allowedValues;
  return "allowedValue" in params ? [params.allowedValue] : [];
}

function valueAt(value: unknown, path: string): unknown {
  let seen = value;
  for (const key of path.split("/").slice(1)) seen = memberOf(seen, unescaped(key));
  return seen;
}

/** Not all that is refused fits into JSON. */
function shown(value: unknown): string {
  if (typeof value === "number") return String(value);
  try {
    return (JSON.stringify(value) ?? kindOf(value)).slice(0, seenLengthMax);
  } catch {
    return kindOf(value);
  }
}

const kindOf = (value: unknown): string => (value === undefined ? "missing" : `a ${typeof value}`);

const memberOf = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;

const unescaped = (key: string): string => key.replaceAll("~1", "/").replaceAll("~0", "~");
