// A request and a response as plain values, so that routes are functions that need no socket.
import type { Failure } from "#protocols/failure.ts";
import { failureCodes, isFailureCode } from "#protocols/failure-codes.ts";
import { errorPage } from "#protocols/outside/lama-cleaner.ts";

export interface HttpRequest {
  /** Upper case. */
  readonly method: string;
  /** Percent-decoded, without the query; the raw path when its escapes are malformed. */
  readonly path: string;
  /** What follows the first `?`, undecoded; empty without one. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Of the client, as text; empty where it is not known. */
  readonly remote?: string;
  /** Whole; empty when there is none. */
  readonly body: Uint8Array;
  /** Aborted when the client goes away or the server closes. */
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

export type HttpHandler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;

/** Seconds after which a refused client may come again. */
const retryAfterSeconds = 2;

type Headers = Readonly<Record<string, string>>;

export const textResponse = (
  status: number,
  text: string,
  headers: Headers = {},
): HttpResponse => ({
  status,
  headers: { "Content-Type": "text/html; charset=utf-8", ...headers },
  body: text,
});

export const pageResponse = (status: 400 | 404 | 405 | 500, headers: Headers = {}): HttpResponse =>
  textResponse(status, errorPage(status), headers);

export const jsonResponse = (
  status: number,
  value: unknown,
  headers: Headers = {},
): HttpResponse => ({
  status,
  headers: { "Content-Type": "application/json", "Cache-Control": "no-store", ...headers },
  body: `${JSON.stringify(value)}\n`,
});

/** Not the original's: it has nothing below that. */
export const isOwn = (path: string): boolean => path.startsWith("/api/");

/** Why there is no answer. Codes of tasks reach further than the table: a newer node may have failed one. */
export type Refusal = Pick<Failure, "detail"> & { readonly code: string };

/**
 * The explanation under its code's status; `X-Troupe-Code` is for programs. Routes below `/api/` are our
 * own and explain in JSON, `{ "error": { "code", "detail" } }`; the original's do as that server does.
 */
export function failureResponse(
  path: string,
  { code, detail }: Refusal,
  headers: Headers = {},
): HttpResponse {
  const status = isFailureCode(code) ? failureCodes[code].status : 500;
  const mayComeAgain = status === 429 || status === 503;
  const all = {
    "X-Troupe-Code": code,
    ...(mayComeAgain ? { "Retry-After": String(retryAfterSeconds) } : {}),
    ...headers,
  };
  return isOwn(path)
    ? jsonResponse(status, { error: { code, detail } }, all)
    : textResponse(status, inHtml(detail), { ...explanationOf({ code, detail }), ...all });
}

/** Texts may quote what somebody sent. */
const inHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** 409 below `/api/`: what was to be changed is decided, and `decided` says how. */
export function decidedResponse(
  detail: string,
  decided: Readonly<Record<string, unknown>>,
): HttpResponse {
  const refusal = { code: "decided", detail } as const;
  return jsonResponse(409, { ...decided, error: refusal }, explanationOf(refusal));
}

const detailLengthMax = 300;

/** For answers whose text is the original's, which explains nothing. */
export const explanationOf = ({ code, detail }: Refusal): Headers => ({
  "X-Troupe-Code": code,
  "X-Troupe-Detail": detail.replace(/[^\x20-\x7e]+/g, " ").slice(0, detailLengthMax),
});

/** A standard page in the original's words; what was wrong stands in headers. */
export const explainedPage = (
  status: 400 | 500,
  refusal: Refusal,
  headers: Headers = {},
): HttpResponse => pageResponse(status, { ...explanationOf(refusal), ...headers });
