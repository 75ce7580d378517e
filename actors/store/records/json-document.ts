// A document that is kept as text and has to be a JSON object.
import { errorMessage } from "#protocols/error-text.ts";
import { Failure } from "#protocols/failure.ts";

/** Fails with `invalid`, and says why and what it is. */
export function checkJsonObject(text: string, what: string): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Failure("invalid", `${what} is no JSON: ${errorMessage(cause)}; correct it`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new Failure("invalid", `${what} is JSON, but no object; put its values under names`);
}
