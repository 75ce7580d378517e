// Answers to commands, and what the history keeps of them. Pure.
import { controlLimits } from "#protocols/control-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { FailureData } from "#protocols/failure-codes.ts";
import { failureCodes, isFailureCode } from "#protocols/failure-codes.ts";
import type { ControlAnswer, ControlResponse } from "#protocols/tasks/control.ts";
import type { ControlRecord } from "#protocols/tasks/control-records.ts";
import { nameOf, type PlannedCommand } from "./request-check.ts";

type Named = Pick<ControlAnswer, "commandId" | "command">;

const namesOf = (planned: PlannedCommand): Named => ({
  commandId: planned.commandId,
  command: nameOf(planned),
});

/** Fails with `too_large` when the response does not fit into the history. */
export function answerOf(planned: PlannedCommand, response: ControlResponse): ControlAnswer {
  const { length } = JSON.stringify(response);
  if (length > controlLimits.responseLengthMax) {
    const text = `the response has ${length} characters, at most ${controlLimits.responseLengthMax}: let it say less`;
    throw new Failure("too_large", text);
  }
  const ended = { status: "completed", isReplay: false, response, error: null } as const;
  return { ...namesOf(planned), ...ended };
}

/** A command that was begun and has failed. */
export const failedAnswer = (planned: PlannedCommand, failure: Failure): ControlAnswer => ({
  ...namesOf(planned),
  status: failure.code === "timeout" ? "timed_out" : "failed",
  isReplay: false,
  response: null,
  error: shownError(failure.code === "timeout" ? inVain(planned) : failure.toData()),
});

/** The ask that was not answered speaks to programmers, and of one attempt. */
const inVain = (planned: PlannedCommand): FailureData => ({
  code: "timeout",
  detail:
    `${nameOf(planned)} was not answered in ${planned.timeoutMs} ms; what has not begun by now will not. ` +
    "Give it longer with timeoutMs, under a new commandId",
});

/** The history had another end for it before this one came. */
export function firstEnd(answer: ControlAnswer, status: ControlRecord["status"]): ControlAnswer {
  const first = endedAs(status);
  if (first === answer.status) return answer;
  const code = first === "timed_out" ? "timeout" : "unknown_outcome";
  const detail = `it was ${status} in the history before it was ${answer.status}; the first end counts, what was done stays done`;
  return { ...answer, status: first, response: null, error: shownError({ code, detail }) };
}

/** Nothing was begun; with `unknown_outcome` the store may have it all the same. */
export const refusedAnswer = (planned: PlannedCommand, failure: Failure): ControlAnswer =>
  refusedRequest(namesOf(planned), failure);

export const refusedRequest = (named: Named, failure: Failure): ControlAnswer => ({
  ...named,
  status: "refused",
  isReplay: false,
  response: null,
  error: shownError(failure.toData()),
});

/** What the history keeps, as the answer that it was. */
export function answerOfRecord(record: ControlRecord): ControlAnswer {
  const { commandId, command, status } = record;
  const ended = endedAs(status);
  return {
    commandId,
    command,
    status: ended,
    isReplay: true,
    response: record.response === null ? null : responseIn(record.response),
    error: ended === "completed" ? null : shownError(errorIn(record.error)),
  };
}

const endedAs = (status: ControlRecord["status"]) =>
  status === "completed" || status === "failed" ? status : "timed_out";

/** `code: detail` */
export const keptError = ({ code, detail }: FailureData): string =>
  `${code}: ${detail}`.slice(0, controlLimits.responseLengthMax);

function errorIn(kept: string | null): FailureData {
  const [, code = "", detail = ""] = /^([a-z_]+): ([\s\S]*)$/.exec(kept ?? "") ?? [];
  if (isFailureCode(code)) return { code, detail };
  return { code: "timeout", detail: kept ?? "no answer by its deadline" };
}

function responseIn(kept: string): ControlResponse | null {
  const value: unknown = JSON.parse(kept);
  return isResponse(value) ? value : null;
}

const isResponse = (value: unknown): value is ControlResponse =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const shownError = ({ code, detail }: FailureData) => ({
  code,
  detail,
  isRetryable: failureCodes[code].retryable,
});
