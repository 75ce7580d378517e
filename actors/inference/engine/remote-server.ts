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
const passingCodes: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT"],
  ...["EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH", "ENETDOWN", "EAI_AGAIN", "ENOTFOUND"],
  ...["UND_ERR_SOCKET", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT"],
  ...["UND_ERR_BODY_TIMEOUT", "UND_ERR_CLOSED", "UND_ERR_DESTROYED"],
]);
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
    const end = new AbortController();
    const withdraw = (): void => end.abort(new Failure("cancelled", withdrawnText(where)));
    const late = new Failure("timeout", `${where} did not answer within ${timeoutMs} ms`);
    const timer = setTimeout(() => end.abort(late), timeoutMs);
    signal?.addEventListener("abort", withdraw, { once: true });
    if (signal?.aborted) withdraw();
    try {
      const response = await fetch(where, {
        ...(body === undefined ? {} : { method: "POST", body }),
        headers: { ...this.#headers, ...headers },
        signal: end.signal,
        redirect: "error",
      });
      if (response.status !== 200) throw await this.#refusalIn(response, question, end.signal);
      const { bytes, isWhole } = await upTo(bytesMax, response, end.signal);
      if (isWhole) return { bytes, headers: response.headers };
      throw new Failure("model_failed", `the answer of ${where} has more than ${bytesMax} bytes`);
    } catch (cause) {
      if (end.signal.aborted) throw end.signal.reason;
      throw cause instanceof Failure ? cause : unasked(where, cause);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", withdraw);
    }
  }

  async #refusalIn(
    response: Response,
    { path, refusal = "model_failed" }: RemoteQuestion,
    end: AbortSignal,
  ): Promise<Failure> {
    const { status } = response;
    const { bytes } = await upTo(errorBytesMax, response, end);
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

/**
 * The server closed the connection on which it had been asked: it may be away, or have ended by what it was
 * asked.
 */
export function wasCutOff(why: Failure): boolean {
  for (let cause: unknown = why; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && cutCodes.has(String(cause.code))) return true;
  }
  return false;
}

const cutCodes: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

const withdrawnText = (where: string): string =>
  `the request was withdrawn while ${where} was asked`;

/** What the network says of a server that is away, or goes away, has one of these codes. */
function unasked(where: string, cause: unknown): Failure {
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const known = reason instanceof Error && "code" in reason ? reason.code : undefined;
  const { detail } = Failure.of(reason);
  if (typeof known === "string" && passingCodes.has(known)) {
    return new Failure("unavailable", `${where} could not be asked: ${detail}`, cause);
  }
  const text = `${where} cannot be asked, or answers otherwise than by HTTP: ${detail}`;
  return new Failure("model_failed", text, cause);
}

/**
 * The first bytes of the answer; more of it is not taken in. Fails when `end` is aborted: `fetch` itself
 * forgets its signal as soon as nobody else holds the answer.
 */
async function upTo(
  bytesMax: number,
  { body, headers }: Response,
  end: AbortSignal,
): Promise<{ readonly bytes: Uint8Array; readonly isWhole: boolean }> {
  const reader = body?.getReader();
  const giveUp = (): void => void reader?.cancel().catch(() => undefined);
  end.addEventListener("abort", giveUp, { once: true });
  const pieces: Uint8Array[] = [];
  let isWhole = Number(headers.get("content-length") ?? 0) <= bytesMax;
  let size = 0;
  try {
    while (isWhole) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      end.throwIfAborted();
      if (done) break;
      size += value.byteLength;
      isWhole = size <= bytesMax;
      if (isWhole) pieces.push(value);
    }
    return { bytes: Buffer.concat(pieces), isWhole };
  } finally {
    end.removeEventListener("abort", giveUp);
    if (!isWhole) giveUp();
  }
}

/** What the server says is wrong; of what is no answer of the protocol, how it begins. */
function errorIn(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("utf8");
  const words =
    errorOf(text) ??
    text
      .slice(0, wordsMax)
      .replace(/[\s\p{Cc}]+/gu, " ")
      .trim();
  return words === "" ? "" : `: ${words.slice(0, wordsMax)}`;
}

function errorOf(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return errorCheck.Check(value) ? value.error : undefined;
  } catch {
    // Cut off, or of somebody else on the way.
    return undefined;
  }
}
