// What is wrong with a value that does not fit its schema, for whoever wrote the value: where, what stands
// there, and what may. A schema's own first complaint misleads where it has alternatives: "must be equal to
// constant" is said of the first of them, "schema is false" of a key that is not known.
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
  const [first] = problems;
  if (first === undefined) return { path: "", why: "does not fit" };
  const { instancePath: path } = first;
  // Of a key that is not known the schema says that nothing may stand there.
  if (first.keyword === "boolean") return { path, why: unknownKey(first, schema) };
  if (first.keyword === "pattern") {
    return { path, why: `is ${seenAt(value, path)}; ${wantedBy(first, schema)}` };
  }
  if (first.keyword === "required") {
    return { path, why: `lacks ${requiredBy(first).join(", ")}` };
  }
  const allowed = problems
    .filter(({ instancePath }) => instancePath === path)
    .flatMap(({ params }) => allowedIn(params));
  if (allowed.length === 0) return { path, why: first.message };
  const words = [...new Set(allowed.map((one) => JSON.stringify(one)))];
  const last = words.pop() ?? "";
  const choice = words.length === 0 ? last : `${words.join(", ")} or ${last}`;
  return { path, why: `is ${seenAt(value, path)}; it may be ${choice}` };
}

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

function seenAt(value: unknown, path: string): string {
  let seen = value;
  for (const key of path.split("/").slice(1)) seen = memberOf(seen, unescaped(key));
  return (JSON.stringify(seen) ?? "missing").slice(0, seenLengthMax);
}

const memberOf = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;

const unescaped = (key: string): string => key.replaceAll("~1", "/").replaceAll("~0", "~");
