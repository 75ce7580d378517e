// A server that speaks the Open Inference Protocol, over HTTP: asks it, and says by the code of the
// failure whose fault it is.
//
//   unavailable   it is away, or says that it cannot now: another attempt may help
//   timeout       it did not answer in time
//   cancelled     nobody waits for the answer any more
//   model_failed  it answered, and not with what was asked for; or it can never be asked like that
import Type from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import type { RemoteHeaders } from "./remote-place.ts";

export interface RemoteAnswer {
  readonly bytes: Uint8Array;
  readonly headers: Headers;
}

export interface RemoteQuestion {
  /** Below the server's address. */
  readonly path: string;
  /** Sent by POST. Default: GET, with nothing. */
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Of its answer. Larger: `model_failed`. */
  readonly bytesMax: number;
  /** What it means that the server does not want to. Default: `model_failed`. */
  readonly refusal?: "unavailable" | "model_failed";
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
}

/** Of an answer that says what is wrong; what is behind that is not read. */
const errorBytesMax = 64 * 1024;
const wordsMax = 1_000;
/** Shorter parts of a header, such as `Basic`, say nothing. */
const secretLengthMin = 7;
/** Too many at once, a proxy without a server behind it, a server that starts or drains. */
const passingStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** It does not let us in: waiting gives nobody a token. */
const shutStatuses: ReadonlySet<number> = new Set([401, 403, 407]);
const errorCheck = Compile(Type.Object({ error: Type.String() }));

export class RemoteServer {
  /** As failures name it. */
  readonly url: string;

  readonly #headers: RemoteHeaders;

  /** `headers`: of every question; no failure shows them. */
  constructor(url: string, headers: RemoteHeaders = {}) {
    this.url = url.replace(/\/$/, "");
    this.#headers = headers;
  }

  /** Any answer but 200 is a failure, in the server's words. */
  async ask(question: RemoteQuestion): Promise<RemoteAnswer> {
    const { path, body, headers = {}, timeoutMs, signal, bytesMax } = question;
    const where = `${this.url}/${path}`;
    const late = AbortSignal.timeout(timeoutMs);
    const request = {
      ...(body === undefined ? {} : { method: "POST", body }),
      headers: { ...this.#headers, ...headers },
      signal: signal ? AbortSignal.any([late, signal]) : late,
      redirect: "error",
    } as const;
    try {
      const response = await fetch(where, request);
      if (response.status !== 200) throw await this.#refusalIn(response, question);
      const { bytes, isWhole } = await upTo(bytesMax, response);
      if (isWhole) return { bytes, headers: response.headers };
      throw new Failure("model_failed", `the answer of ${where} has more than ${bytesMax} bytes`);
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      if (late.aborted) {
        throw new Failure("timeout", `${where} did not answer within ${timeoutMs} ms`, cause);
      }
      if (signal?.aborted) {
        throw new Failure("cancelled", `the request was withdrawn while ${where} was asked`, cause);
      }
      throw unasked(where, cause);
    }
  }

  async #refusalIn(
    response: Response,
    { path, refusal = "model_failed" }: RemoteQuestion,
  ): Promise<Failure> {
    const { status } = response;
    const { bytes } = await upTo(errorBytesMax, response);
    const said = `${this.url}/${path} answered ${status}${this.#hidden(errorIn(bytes))}`;
    if (shutStatuses.has(status)) {
      return new Failure("model_failed", `${said}; look whether headerFiles has what it asks for`);
    }
    return new Failure(passingStatuses.has(status) ? "unavailable" : refusal, said);
  }

  /** A server may repeat what it was sent. */
  #hidden(words: string): string {
    const secrets = Object.values(this.#headers).flatMap((value) => [value, ...value.split(" ")]);
    return secrets
      .filter(({ length }) => length >= secretLengthMin)
      .reduce((text, secret) => text.replaceAll(secret, "…"), words);
  }
}

/** What the network says has a code of its own; without one it is the question that nobody can send. */
function unasked(where: string, cause: unknown): Failure {
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const isPassing = reason instanceof Error && "code" in reason;
  const code = isPassing ? "unavailable" : "model_failed";
  return new Failure(code, `${where} could not be asked: ${Failure.of(reason).detail}`, cause);
}

/** The first bytes of the answer; more of it is not taken in. */
async function upTo(
  bytesMax: number,
  response: Response,
): Promise<{ readonly bytes: Uint8Array; readonly isWhole: boolean }> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.byteLength;
    if (size > bytesMax) return { bytes: Buffer.concat(pieces), isWhole: false };
    pieces.push(piece);
  }
  return { bytes: Buffer.concat(pieces), isWhole: true };
}

function errorIn(bytes: Uint8Array): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return errorCheck.Check(value) ? `: ${value.error.slice(0, wordsMax)}` : "";
  } catch {
    // Without a body that says why.
    return "";
  }
}
