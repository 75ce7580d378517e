// Says everything that a value lacks of its schema, one problem a place, with the remedy. Pure.
// TypeBox decides whether a document is valid; this walk only explains a refusal, because a list of
// all failed keywords of all branches of a union helps nobody.
import Type, { type TSchema } from "typebox";
import { formatPath, type KeyPath, type Problem, showValue } from "./problem.ts";
import { nearestWord } from "./spelling.ts";

interface Place {
  readonly value: unknown;
  readonly path: KeyPath;
}

type Definitions = Readonly<Record<string, TSchema>>;

export function schemaProblems(schema: TSchema, value: unknown): readonly Problem[] {
  return walk(schema, { value, path: [] }, {});
}

function walk(schema: TSchema, place: Place, definitions: Definitions): readonly Problem[] {
  if (Type.IsCyclic(schema)) return walkReference(schema.$ref, place, schema.$defs);
  if (Type.IsRef(schema)) return walkReference(schema.$ref, place, definitions);
  if (Type.IsUnion(schema)) return walkUnion(schema.anyOf, place, definitions);
  if (Type.IsObject(schema)) return walkObject(schema, place, definitions);
  if (Type.IsArray(schema)) return walkArray(schema, place, definitions);
  if (Type.IsRecord(schema)) return walkRecord(schema, place);
  return scalarProblems(schema, place);
}

function walkReference(name: string, place: Place, definitions: Definitions): readonly Problem[] {
  const target = definitions[name];
  if (target === undefined) throw new Error(`the schema refers to ${name}, which it must define`);
  return walk(target, place, definitions);
}

/** Branches of a union are mappings, told apart by a required key that no other branch has. */
function walkUnion(
  branches: readonly TSchema[],
  place: Place,
  definitions: Definitions,
): readonly Problem[] {
  const markers = branches.flatMap((branch) => {
    const target = Type.IsRef(branch) ? definitions[branch.$ref] : branch;
    const key = Type.IsObject(target) ? Object.keys(target.properties)[0] : undefined;
    return key === undefined ? [] : [{ key, branch }];
  });
  const words = markers.map((marker) => marker.key);
  if (!isMapping(place.value)) return [wrongType(place, `a mapping with ${words.join(" or ")}`)];
  const keys = Object.keys(place.value);
  const found = markers.filter((marker) => keys.includes(marker.key));
  const [chosen] = found;
  if (chosen !== undefined && found.length === 1) return walk(chosen.branch, place, definitions);
  if (found.length > 1) {
    return [problem(place, `has ${words.join(" and ")} at once`, "keep one of them")];
  }
  const misspelt = keys.find((key) => nearestWord(key, words) !== undefined);
  if (misspelt !== undefined) return [unknownKey(place, misspelt, words)];
  const message = keys.length === 0 ? "is empty" : `has none of ${words.join(", ")}`;
  return [problem(place, message, `add the key ${words.join(" or ")}`)];
}

function walkObject(
  schema: Type.TObject,
  place: Place,
  definitions: Definitions,
): readonly Problem[] {
  const known = Object.keys(schema.properties);
  const { value } = place;
  if (!isMapping(value)) return [wrongType(place, `a mapping with ${known.join(", ")}`)];
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  const absent = known.filter(
    (key) => !Type.IsOptional(schema.properties[key]) && !Object.hasOwn(value, key),
  );
  const missing = absent
    .filter((key) => !unknown.some((word) => nearestWord(word, known) === key))
    .map((key) => missingKey(schema, place, key));
  const inside = Object.entries(schema.properties)
    .filter(([key]) => Object.hasOwn(value, key))
    .flatMap(([key, property]) =>
      walk(property, { value: value[key], path: [...place.path, key] }, definitions),
    );
  return [...unknown.map((key) => unknownKey(place, key, known)), ...missing, ...inside];
}

function walkArray(
  schema: Type.TArray,
  place: Place,
  definitions: Definitions,
): readonly Problem[] {
  const { value, path } = place;
  if (!Array.isArray(value)) return [wrongType(place, "a list")];
  const countMin = numberOf(schema, "minItems") ?? 0;
  const countMax = numberOf(schema, "maxItems") ?? Number.POSITIVE_INFINITY;
  if (value.length < countMin) {
    return [problem(place, "is an empty list", `add at least ${countMin} entry`)];
  }
  if (value.length > countMax) {
    return [problem(place, `has ${value.length} entries`, `keep at most ${countMax}`)];
  }
  return value.flatMap((item: unknown, index) =>
    walk(schema.items, { value: item, path: [...path, index] }, definitions),
  );
}

/** A mapping with any keys, whose values are scalars of the branches of a union. */
function walkRecord(schema: Type.TRecord, { path, value }: Place): readonly Problem[] {
  if (!isMapping(value)) return [wrongType({ path, value }, "a mapping")];
  const [inside] = Object.values(schema.patternProperties);
  if (!Type.IsUnion(inside)) throw new Error("records of a topology hold scalars of several kinds");
  return Object.entries(value).flatMap(([key, item]) => {
    const place = { value: item, path: [...path, key] };
    const found = inside.anyOf.map((branch) => scalarProblems(branch, place));
    if (found.some((problems) => problems.length === 0)) return [];
    if (typeof item === "string") return found[0] ?? [];
    return [wrongType(place, "a text, a number, or true or false")];
  });
}

function scalarProblems(schema: TSchema, place: Place): readonly Problem[] {
  if (Type.IsEnum(schema)) return enumProblems(schema.enum.map(String), place);
  if (Type.IsBoolean(schema)) return typeof place.value === "boolean" ? [] : [notBoolean(place)];
  if (Type.IsString(schema)) return stringProblems(schema, place);
  if (Type.IsInteger(schema) || Type.IsNumber(schema)) return numberProblems(schema, place);
  throw new Error("schema-problems.ts must know every kind of schema that a topology uses");
}

function enumProblems(words: readonly string[], place: Place): readonly Problem[] {
  const { value } = place;
  if (typeof value === "string" && words.includes(value)) return [];
  const near = typeof value === "string" ? nearestWord(value, words) : undefined;
  const question = near === undefined ? "" : `; did you mean ${near}?`;
  const seen = `is ${showValue(value)}, which is not known${question}`;
  return [problem(place, seen, `write ${near ?? listOf(words)}`)];
}

function stringProblems(schema: TSchema, place: Place): readonly Problem[] {
  const { value } = place;
  if (typeof value !== "string") {
    const isScalar = typeof value === "number" || typeof value === "boolean";
    const remedy = isScalar ? `put it in quotes: "${value}"` : "write a text";
    return [problem(place, `is ${showValue(value)}, not a text`, remedy)];
  }
  const lengthMin = numberOf(schema, "minLength") ?? 0;
  const lengthMax = numberOf(schema, "maxLength") ?? Number.POSITIVE_INFINITY;
  if (value.length < lengthMin) return [problem(place, "is empty", "write a text")];
  if (value.length > lengthMax) {
    return [problem(place, `has ${value.length} characters`, `write at most ${lengthMax}`)];
  }
  const pattern = textOf(schema, "pattern");
  if (pattern === undefined || new RegExp(pattern).test(value)) return [];
  const remedy = textOf(schema, "patternErrorMessage") ?? `write what fits ${pattern}`;
  return [problem(place, `is ${showValue(value)}, which does not fit`, remedy)];
}

function numberProblems(schema: TSchema, place: Place): readonly Problem[] {
  const { value } = place;
  const least = numberOf(schema, "minimum") ?? Number.NEGATIVE_INFINITY;
  const most = numberOf(schema, "maximum") ?? Number.POSITIVE_INFINITY;
  const noun = Type.IsInteger(schema) ? "a whole number" : "a number";
  const remedy = `write ${noun} from ${least} to ${most}`;
  if (typeof value !== "number") {
    const isQuoted = typeof value === "string" && value.trim() !== "" && Number.isFinite(+value);
    const seen = `is ${showValue(value)}, not ${noun}`;
    return [problem(place, seen, isQuoted ? `write ${value} without quotes` : remedy)];
  }
  const isInside = value >= least && value <= most;
  if (isInside && (!Type.IsInteger(schema) || Number.isInteger(value))) return [];
  return [problem(place, `is ${value}`, remedy)];
}

function notBoolean(place: Place): Problem {
  const word = typeof place.value === "string" ? place.value.toLowerCase() : "";
  const isTrue = ["yes", "on", "true", "y"].includes(word);
  const isFalse = ["no", "off", "false", "n"].includes(word);
  const remedy = isTrue ? "write true" : isFalse ? "write false" : "write true or false";
  return problem(place, `is ${showValue(place.value)}, not true or false`, remedy);
}

function unknownKey(place: Place, key: string, known: readonly string[]): Problem {
  const near = nearestWord(key, known);
  const question = near === undefined ? "" : `; did you mean ${near}?`;
  return {
    path: [...place.path, key],
    at: "key",
    message: `unknown key ${showValue(key)}${question}`,
    remedy: near === undefined ? `remove it, or write ${listOf(known)}` : `write ${near}`,
  };
}

function missingKey(schema: Type.TObject, place: Place, key: string): Problem {
  const property = schema.properties[key];
  const description = property === undefined ? undefined : textOf(property, "description");
  const remedy = `add ${formatPath([...place.path, key])}`;
  return problem(
    place,
    `the key ${key} is missing`,
    description === undefined ? remedy : `${remedy}: ${description}`,
  );
}

const wrongType = (place: Place, wanted: string): Problem =>
  problem(
    place,
    `is ${showValue(place.value)}, not ${wanted.split(" with ")[0]}`,
    `write ${wanted}`,
  );

const problem = (place: Place, message: string, remedy: string): Problem => ({
  path: place.path,
  at: "value",
  message,
  remedy,
});

const listOf = (words: readonly string[]): string => `one of ${words.join(", ")}`;

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function numberOf(schema: TSchema, keyword: string): number | undefined {
  const value: unknown = Reflect.get(schema, keyword);
  return typeof value === "number" ? value : undefined;
}

function textOf(schema: TSchema, keyword: string): string | undefined {
  const value: unknown = Reflect.get(schema, keyword);
  return typeof value === "string" ? value : undefined;
}
