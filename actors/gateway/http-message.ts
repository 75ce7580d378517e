// A request and a response as plain values, so that routes are functions that need no socket.
import type { Failure } from "#protocols/failure.ts";
import { failureCodes } from "#protocols/failure-codes.ts";
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

/** The failure's explanation under its code's status; `X-Troupe-Code` is for programs. */
export function failureResponse(failure: Failure, headers: Headers = {}): HttpResponse {
  const { status } = failureCodes[failure.code];
  const mayComeAgain = status === 429 || status === 503;
  return textResponse(status, failure.detail, {
    "X-Troupe-Code": failure.code,
    ...(mayComeAgain ? { "Retry-After": String(retryAfterSeconds) } : {}),
    ...headers,
  });
}
