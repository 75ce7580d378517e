// How a gateway explains what it refuses: by headers, in the JSON of its own routes
// (`{ "error": { "code", "detail" } }`), or on a page, as the original.
import Type from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { type FailureCode, isFailureCode } from "#protocols/failure-codes.ts";

/** Of what it tells, for who reads it. */
export const toldCharactersMax = 500;

export async function refusalOf(response: Response): Promise<Failure> {
  const body = await response.text().catch(() => "");
  const type = response.headers.get("content-type") ?? "";
  const told = response.headers.get("x-troupe-detail");
  const own = type.includes("html") ? plainText(body) : (detailIn(body) ?? body.trim());
  // The original's page explains nothing; what is told in a header is shortened.
  const text = /^\s*<!doctype/i.test(body) ? (told ?? own) : own;
  const named: unknown = response.headers.get("x-troupe-code");
  const code: FailureCode = isFailureCode(named) ? named : codeOf(response.status);
  const detail = `the gateway answered ${response.status}: ${text.slice(0, toldCharactersMax)}`;
  return new Failure(code, detail);
}

function codeOf(status: number): FailureCode {
  if (status === 429) return "queue_full";
  if (status === 413) return "too_large";
  if (status === 404) return "not_found";
  if (status === 410) return "gone";
  if (status >= 500) return "unavailable";
  return "invalid";
}

const plainText = (html: string): string =>
  html
    .replace(/<[^>]*>/g, " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replace(/\s+/g, " ")
    .trim();

const isRefusal = Compile(Type.Object({ error: Type.Object({ detail: Type.String() }) }));

/** In the body of such an answer; undefined: it is another one. */
export function detailIn(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isRefusal.Check(value) ? value.error.detail : undefined;
  } catch {
    return undefined;
  }
}
