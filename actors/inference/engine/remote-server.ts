// A server that speaks the Open Inference Protocol, over HTTP: asks it, and says by the code of the
// failure whose fault it is.
//
//   unavailable   it is away, or says that it cannot now: another attempt may help
//   timeout       it did not answer in time
//   cancelled     nobody waits for the answer any more
//   model_failed  it answered, and not with what was asked for
import Type from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";

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
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal | undefined;
}

/** Bytes of one answer. Larger: `model_failed`. */
const answerBytesMax = 1024 * 1024 * 1024;
const wordsMax = 1_000;
/** Too many at once, a proxy without a server behind it, a server that starts or drains. */
const passingStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const errorCheck = Compile(Type.Object({ error: Type.String() }));

export class RemoteServer {
  /** As failures name it. */
  readonly url: string;

  constructor(url: string) {
    this.url = url.replace(/\/$/, "");
  }

  /** Any answer but 200 is a failure, in the server's words. */
  async ask(question: RemoteQuestion): Promise<RemoteAnswer> {
    const { path, body, headers = {}, timeoutMs, signal } = question;
    const where = `${this.url}/${path}`;
    const late = AbortSignal.timeout(timeoutMs);
    const request = {
      ...(body === undefined ? {} : { method: "POST", body }),
      headers,
      signal: signal ? AbortSignal.any([late, signal]) : late,
      redirect: "error",
    } as const;
    try {
      const response = await fetch(where, request);
      const bytes = await bounded(response, where);
      if (response.status === 200) return { bytes, headers: response.headers };
      const code = passingStatuses.has(response.status) ? "unavailable" : "model_failed";
      throw new Failure(code, `${where} answered ${response.status}${errorIn(bytes)}`);
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      if (late.aborted) {
        throw new Failure("timeout", `${where} did not answer within ${timeoutMs} ms`, cause);
      }
      if (signal?.aborted) {
        throw new Failure("cancelled", `the request was withdrawn while ${where} was asked`, cause);
      }
      const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
      const { detail } = Failure.of(reason);
      throw new Failure("unavailable", `${where} could not be asked: ${detail}`, cause);
    }
  }
}

async function bounded(response: Response, where: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.byteLength;
    if (size > answerBytesMax) {
      const what = `the answer of ${where} has more than ${answerBytesMax} bytes`;
      throw new Failure("model_failed", what);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
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
