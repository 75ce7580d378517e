// Whether a message's arguments fit their schemas: TypeBox's, or those of any library that speaks
// Standard Schema (standardschema.dev), such as Zod, Valibot and ArkType.
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { errorText } from "./error-text.ts";
import { firstMisfit } from "./value-misfit.ts";

/** What is used of Standard Schema, version 1. */
export interface StandardSchema {
  readonly "~standard": {
    readonly version: 1;
    readonly validate: (value: unknown) => unknown;
  };
}

/**
 * Of one argument. It only says yes or no: what a schema would make of a value, such as a default, is
 * not used. A schema that answers with a promise fits nothing.
 */
export type ArgumentSchema = TSchema | StandardSchema;

/** What is wrong with an argument, or `undefined` when it fits. */
type Check = (value: unknown) => string | undefined;

/** Says what is wrong with arguments, or `undefined` when they fit. */
export function refusalBy(
  schemas: readonly ArgumentSchema[],
): (args: readonly unknown[]) => string | undefined {
  const checks = schemas.map((schema) =>
    isStandard(schema) ? standardCheck(schema) : typeBoxCheck(schema),
  );
  return (args) => {
    if (args.length > checks.length) return `takes ${checks.length} arguments, got ${args.length}`;
    for (const [index, check] of checks.entries()) {
      const wrong = check(args[index]);
      if (wrong !== undefined) return `argument ${index + 1}${wrong}`;
    }
    return undefined;
  };
}

const isStandard = (schema: ArgumentSchema): schema is StandardSchema => "~standard" in schema;

function typeBoxCheck(schema: TSchema): Check {
  const compiled = Compile(schema);
  return (value) => {
    if (compiled.Check(value)) return undefined;
    const { path, why } = firstMisfit(compiled.Errors(value), value, schema);
    return `${path} ${why}`;
  };
}

function standardCheck(schema: StandardSchema): Check {
  return (value) => {
    let result: unknown;
    try {
      result = schema["~standard"].validate(value);
    } catch (error) {
      return ` could not be checked: its schema threw ${errorText(error)}`;
    }
    if (typeof result !== "object" || result === null || "then" in result) {
      return " has a schema that does not answer at once: use one without promises";
    }
    if (!("issues" in result) || result.issues === undefined) return undefined;
    const issue: unknown = Array.isArray(result.issues) ? result.issues[0] : undefined;
    return `${placeOf(issue)} ${textOf(issue)}`;
  };
}

/** The way to the issue inside of the argument, as TypeBox writes it: `/lines/0`. */
function placeOf(issue: unknown): string {
  if (typeof issue !== "object" || issue === null || !("path" in issue)) return "";
  const path: readonly unknown[] = Array.isArray(issue.path) ? issue.path : [];
  return path.map((step) => `/${String(keyOf(step))}`).join("");
}

const keyOf = (step: unknown): unknown =>
  typeof step === "object" && step !== null && "key" in step ? step.key : step;

const textOf = (issue: unknown): string =>
  typeof issue === "object" &&
  issue !== null &&
  "message" in issue &&
  typeof issue.message === "string"
    ? issue.message
    : "does not fit";
