// The one error class of the project. A code from the closed table decides; the text explains.
import { errorMessage } from "./error-text.ts";
import { type FailureCode, type FailureData, failureCodes } from "./failure-codes.ts";

const detailLengthMax = 8_192;

export class Failure extends Error {
  readonly code: FailureCode;
  readonly detail: string;

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
