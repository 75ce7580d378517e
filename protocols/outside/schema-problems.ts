// Says everything that a value lacks of its schema, one problem a place, with the remedy. Pure.
// TypeBox decides whether a document is valid; this walk only explains a refusal, because a list of
// all failed keywords of all branches of a union helps nobody.
import Type, { type TSchema } from "typebox";
import { formatPath, type Problem, showValue } from "./problem.ts";
import {
  listOf,
  numberOf,
  type Place,
  problem,
  scalarProblems,
  textOf,
  wrongType,
} from "./scalar-problems.ts";
import { nearestWord } from "./spelling.ts";

type Definitions = Readonly<Record<string, TSchema>>;

export function schemaProblems(schema: TSchema, value: unknown): readonly Problem[] {
  return walk(schema, { value, path: [] }, {});
}

function walk(schema: TSchema, place: Place, definitions: Definitions): readonly Problem[] {
  if (Type.IsCyclic(schema)) return walkReference(schema.$ref, place, schema.$defs);
  if (Type.IsRef(schema)) return walkReference(schema.$ref, place, definitions);
  if (Type.IsUnion(schema)) return walkUnion(schema, place, definitions);
  if (Type.IsObject(schema)) return walkObject(schema, place, definitions);
  if (Type.IsArray(schema)) return walkArray(schema, place, definitions);
  if (Type.IsTuple(schema)) return walkTuple(schema, place, definitions);
  if (Type.IsRecord(schema)) return walkRecord(schema, place, definitions);
  return scalarProblems(schema, place);
}

function walkReference(name: string, place: Place, definitions: Definitions): readonly Problem[] {
  const target = definitions[name];
  if (target === undefined) throw new Error(`the schema refers to ${name}, which it must define`);
  return walk(target, place, definitions);
}

/** Branches are mappings, or what is none; a mapping is told apart by its first key, or by that key's word. */
function walkUnion(
  schema: Type.TUnion,
  place: Place,
  definitions: Definitions,
): readonly Problem[] {
  const branches: readonly TSchema[] = schema.anyOf;
  const markers = branches.flatMap((branch) => {
    const target = Type.IsRef(branch) ? definitions[branch.$ref] : branch;
    const [entry] = Type.IsObject(target) ? Object.entries(target.properties) : [];
    return entry === undefined ? [] : [{ key: entry[0], word: entry[1], branch }];
  });
  if (markers.length < branches.length) return walkAlternatives(schema, place, definitions);
  const [first, second] = markers;
  if (first && first.key === second?.key) return walkByWord(markers, place, definitions);
  return walkByKey(markers, place, definitions);
}

interface Marker {
  readonly key: string;
  readonly word: TSchema;
  readonly branch: TSchema;
}

function walkByKey(
  markers: readonly Marker[],
  place: Place,
  definitions: Definitions,
): readonly Problem[] {
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

/** All branches have the same key, each with a word of its own. */
function walkByWord(
  markers: readonly Marker[],
  place: Place,
  definitions: Definitions,
): readonly Problem[] {
  const { value, path } = place;
  const key = markers[0]?.key ?? "";
  if (!isMapping(value)) return [wrongType(place, `a mapping with ${key}`)];
  const known = ({ word }: Marker): unknown => (Type.IsLiteral(word) ? word.const : undefined);
  const chosen = markers.find((marker) => known(marker) === value[key]);
  if (chosen) return walk(chosen.branch, place, definitions);
  const words = markers.map((marker) => String(known(marker)));
  if (Object.hasOwn(value, key)) {
    return scalarProblems(Type.Enum(words), { value: value[key], path: [...path, key] });
  }
  const misspelt = Object.keys(value).find((word) => nearestWord(word, [key]) !== undefined);
  if (misspelt !== undefined) return [unknownKey(place, misspelt, [key])];
  return [problem(place, `the key ${key} is missing`, `add ${key}: ${listOf(words)}`)];
}

/** What is wrong with a text is told of the branch for texts; else what they all are, together. */
function walkAlternatives(
  schema: Type.TUnion,
  place: Place,
  definitions: Definitions,
): readonly Problem[] {
  const found = schema.anyOf.map((branch) => walk(branch, place, definitions));
  if (found.some((problems) => problems.length === 0)) return [];
  const isText = typeof place.value === "string";
  const text = schema.anyOf.findIndex((branch) => isText && Type.IsString(branch));
  if (text >= 0) return found[text] ?? [];
  const wanted = textOf(schema, "description");
  if (wanted === undefined) return [wrongType(place, "a text, a number, or true or false")];
  return [problem(place, `is ${showValue(place.value)}`, `write ${wanted}`)];
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
  if (Reflect.get(schema, "uniqueItems") === true && new Set(value).size < value.length) {
    return [problem(place, "names an entry twice", "name each once")];
  }
  return value.flatMap((item: unknown, index) =>
    walk(schema.items, { value: item, path: [...path, index] }, definitions),
  );
}

function walkTuple(
  schema: Type.TTuple,
  { value, path }: Place,
  definitions: Definitions,
): readonly Problem[] {
  const count = schema.items.length;
  const wanted = `a list of ${count} entries`;
  if (!Array.isArray(value)) return [wrongType({ value, path }, wanted)];
  if (value.length !== count) {
    return [problem({ value, path }, `has ${value.length} entries`, `write ${wanted}`)];
  }
  return schema.items.flatMap((item, index) =>
    walk(item, { value: value[index], path: [...path, index] }, definitions),
  );
}

/** A mapping whose keys are what its user wants, as far as they fit. */
function walkRecord(
  schema: Type.TRecord,
  { path, value }: Place,
  definitions: Definitions,
): readonly Problem[] {
  if (!isMapping(value)) return [wrongType({ path, value }, "a mapping")];
  const [pattern = "", inside] = Object.entries(schema.patternProperties)[0] ?? [];
  const countMax = numberOf(schema, "maxProperties") ?? Number.POSITIVE_INFINITY;
  const entries = Object.entries(value);
  if (entries.length > countMax) {
    const place = { path, value };
    return [problem(place, `has ${entries.length} entries`, `keep at most ${countMax}`)];
  }
  return entries.flatMap(([key, item]) => {
    const place = { value: item, path: [...path, key] };
    if (!new RegExp(pattern).test(key)) {
      return [problem(place, "is a key that does not fit", `write one that fits ${pattern}`)];
    }
    return inside === undefined ? [] : walk(inside, place, definitions);
  });
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

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
