// What is wrong with a value that does not fit its schema, for whoever wrote the value: where, what stands
// there, and what may. A schema's own first complaint misleads where it has alternatives: "must be equal to
// constant" is said of the first of them.

/** As a compiled schema tells them. */
export interface ValueProblem {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

const seenLengthMax = 64;

/** Such as `status is "done"; it may be "failed" or "completed"`. `value`: the whole that was checked. */
export function valueMisfit(problems: readonly ValueProblem[], value: unknown): string {
  const { path, why } = firstMisfit(problems, value);
  return `${path.slice(1).replaceAll("/", ".") || "it"} ${why}`;
}

/** The same in its parts: the place as a JSON Pointer, and the sentence that its name begins. */
export function firstMisfit(
  problems: readonly ValueProblem[],
  value: unknown,
): { readonly path: string; readonly why: string } {
  const [first] = problems;
  if (first === undefined) return { path: "", why: "does not fit" };
  const { instancePath: path } = first;
  // Of a key that is not known the schema says that nothing may stand there.
  if (first.keyword === "boolean") return { path, why: "is not known; leave it out" };
  const allowed = problems
    .filter(({ instancePath }) => instancePath === path)
    .flatMap(({ params }) => allowedIn(params));
  if (allowed.length === 0) return { path, why: first.message };
  const words = [...new Set(allowed.map((one) => JSON.stringify(one)))];
  const last = words.pop() ?? "";
  const choice = words.length === 0 ? last : `${words.join(", ")} or ${last}`;
  return { path, why: `is ${seenAt(value, path)}; it may be ${choice}` };
}

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
