// The one error class of the project. A code from the closed table decides; the text explains.
import { errorMessage } from "./error-text.ts";
import { type FailureCode, type FailureData, failureCodes } from "./failure-codes.ts";

const detailLengthMax = 8_192;

export class Failure extends Error {
  readonly code: FailureCode;
  readonly detail: string;
  #retryAfterMs: number | undefined;

  /** `detail` says what was seen and what to do about it. */
  constructor(code: FailureCode, detail: string, cause?: unknown) {
    super(`${code}: ${detail}`, cause === undefined ? undefined : { cause });
    this.name = "Failure";
    this.code = code;
    this.detail = detail;
  }

  get isRetryable(): boolean {
    return failureCodes[this.code].retryable;
  }

  /** Milliseconds that whoever failed asks to be left alone for; undefined: as long as is usual. */
  get retryAfterMs(): number | undefined {
    return this.#retryAfterMs;
  }

  /**
   * The same failure, with which a handler of tasks says that the next attempt shall not come before `ms`
   * milliseconds: `throw new Failure("unavailable", "…").retryAfter(60_000)`. Whether there is a next one
   * does not hang on it. Known in this process only, and not part of `toData`.
   */
  retryAfter(ms: number): this {
    this.#retryAfterMs = ms;
    return this;
  }

  /** Cut to what every frame, row and header can carry. */
  toData(): FailureData {
    return { code: this.code, detail: this.detail.slice(0, detailLengthMax) };
  }

  /** Wraps what a port threw; a `Failure` passes unchanged. */
  static of(cause: unknown, code: FailureCode = "internal"): Failure {
    if (cause instanceof Failure) return cause;
    return new Failure(code, errorMessage(cause), cause);
  }
}
