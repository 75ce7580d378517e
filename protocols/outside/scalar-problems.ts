// Says what a value that is no mapping and no list lacks of its schema, with the remedy. Pure.
import Type, { type TSchema } from "typebox";
import { type KeyPath, type Problem, showValue } from "./problem.ts";
import { nearestWord } from "./spelling.ts";

export interface Place {
  readonly value: unknown;
  readonly path: KeyPath;
}

export function scalarProblems(schema: TSchema, place: Place): readonly Problem[] {
  if (Type.IsEnum(schema)) return enumProblems(schema.enum.map(String), place);
  if (Type.IsBoolean(schema)) return typeof place.value === "boolean" ? [] : [notBoolean(place)];
  if (Type.IsString(schema)) return stringProblems(schema, place);
  if (Type.IsInteger(schema) || Type.IsNumber(schema)) return numberProblems(schema, place);
  if (Type.IsLiteral(schema)) return literalProblems(schema.const, place);
  throw new Error("scalar-problems.ts must know every kind of schema that a document uses");
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
  const remedy = `write ${noun}${rangeOf(least, most)}`;
  if (typeof value !== "number") {
    const isQuoted = typeof value === "string" && value.trim() !== "" && Number.isFinite(+value);
    const seen = `is ${showValue(value)}, not ${noun}`;
    return [problem(place, seen, isQuoted ? `write ${value} without quotes` : remedy)];
  }
  const isInside = value >= least && value <= most;
  if (isInside && (!Type.IsInteger(schema) || Number.isInteger(value))) return [];
  return [problem(place, `is ${value}`, remedy)];
}

function rangeOf(least: number, most: number): string {
  if (Number.isFinite(most)) return ` from ${least} to ${most}`;
  return Number.isFinite(least) ? ` of at least ${least}` : "";
}

function notBoolean(place: Place): Problem {
  const word = typeof place.value === "string" ? place.value.toLowerCase() : "";
  const isTrue = ["yes", "on", "true", "y"].includes(word);
  const isFalse = ["no", "off", "false", "n"].includes(word);
  const remedy = isTrue ? "write true" : isFalse ? "write false" : "write true or false";
  return problem(place, `is ${showValue(place.value)}, not true or false`, remedy);
}

function literalProblems(wanted: unknown, place: Place): readonly Problem[] {
  if (place.value === wanted) return [];
  return [problem(place, `is ${showValue(place.value)}`, `write ${showValue(wanted)}`)];
}

export const wrongType = (place: Place, wanted: string): Problem =>
  problem(
    place,
    `is ${showValue(place.value)}, not ${wanted.split(" with ")[0]}`,
    `write ${wanted}`,
  );

export const problem = (place: Place, message: string, remedy: string): Problem => ({
  path: place.path,
  at: "value",
  message,
  remedy,
});

export const listOf = (words: readonly string[]): string => `one of ${words.join(", ")}`;

export function numberOf(schema: TSchema, keyword: string): number | undefined {
  const value: unknown = Reflect.get(schema, keyword);
  return typeof value === "number" ? value : undefined;
}

export function textOf(schema: TSchema, keyword: string): string | undefined {
  const value: unknown = Reflect.get(schema, keyword);
  return typeof value === "string" ? value : undefined;
}
