// Whether what one release sends is what another takes, by their JSON Schemas: types, required and
// optional fields, unions. Bounds of numbers and lengths are not compared: a message beyond them is
// refused by itself. Pure.

/** As much of JSON Schema as is compared. */
export interface ComparedSchema {
  readonly type?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly ComparedSchema[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, ComparedSchema>>;
  readonly additionalProperties?: unknown;
  readonly items?: unknown;
}

/** Why values of the one do not fit the other, with the place; undefined when they do. */
export function misfit(
  sent: ComparedSchema,
  taken: ComparedSchema,
  place: string,
): string | undefined {
  if (sent.anyOf) return firstOf(sent.anyOf, (variant) => misfit(variant, taken, place));
  if (taken.anyOf) return noneOf(sent, taken.anyOf, place);
  return (
    typeMisfit(sent, taken, place) ??
    valueMisfit(sent, taken, place) ??
    objectMisfit(sent, taken, place) ??
    itemsMisfit(sent, taken, place)
  );
}

function typeMisfit(
  sent: ComparedSchema,
  taken: ComparedSchema,
  place: string,
): string | undefined {
  if (taken.type === undefined || sent.type === taken.type) return undefined;
  if (sent.type === "integer" && taken.type === "number") return undefined;
  return `${place} is ${named(sent)} there and ${named(taken)} here`;
}

function valueMisfit(
  sent: ComparedSchema,
  taken: ComparedSchema,
  place: string,
): string | undefined {
  const allowed = valuesOf(taken);
  if (allowed === undefined) return undefined;
  const possible = valuesOf(sent);
  if (possible === undefined) return `${place} may be anything there, here only ${list(allowed)}`;
  const foreign = possible.find((value) => !allowed.includes(value));
  return foreign === undefined
    ? undefined
    : `${place} may be ${JSON.stringify(foreign)} there, here only ${list(allowed)}`;
}

function objectMisfit(
  sent: ComparedSchema,
  taken: ComparedSchema,
  place: string,
): string | undefined {
  const fields = taken.properties;
  if (fields === undefined || sent.properties === undefined) return undefined;
  const missing = taken.required?.find((name) => sent.required?.includes(name) !== true);
  if (missing !== undefined)
    return `${place}.${missing} is required here and not always sent there`;
  return firstOf(Object.entries(sent.properties), ([name, schema]) => {
    const own = fields[name];
    if (own) return misfit(schema, own, `${place}.${name}`);
    return taken.additionalProperties === false
      ? `${place}.${name} is not known here, and further fields are forbidden`
      : undefined;
  });
}

function itemsMisfit(
  sent: ComparedSchema,
  taken: ComparedSchema,
  place: string,
): string | undefined {
  if (!isSchema(sent.items) || !isSchema(taken.items)) return undefined;
  return misfit(sent.items, taken.items, `${place}[]`);
}

function noneOf(
  sent: ComparedSchema,
  variants: readonly ComparedSchema[],
  place: string,
): string | undefined {
  if (variants.some((variant) => misfit(sent, variant, place) === undefined)) return undefined;
  return `${place} is ${named(sent)} there, and none of ${variants.map(named).join(", ")} here`;
}

function firstOf<T>(
  items: readonly T[],
  find: (item: T) => string | undefined,
): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

const valuesOf = (schema: ComparedSchema): readonly unknown[] | undefined =>
  "const" in schema ? [schema.const] : schema.enum;

const list = (values: readonly unknown[]): string =>
  values.map((value) => JSON.stringify(value)).join(" or ");

const named = (schema: ComparedSchema): string => {
  const values = valuesOf(schema);
  if (values) return list(values);
  return typeof schema.type === "string" ? `of type ${schema.type}` : "anything";
};

const isSchema = (value: unknown): value is ComparedSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
