// How a task stands, or ended, as an HTTP response.
import { Failure } from "#protocols/failure.ts";
import { isFailureCode } from "#protocols/failure-codes.ts";
import type { TaskOutcome } from "#protocols/tasks/task.ts";
import {
  failureResponse,
  type HttpRequest,
  type HttpResponse,
  jsonResponse,
  pageResponse,
  textResponse,
} from "../http-message.ts";

type Headers = Readonly<Record<string, string>>;

/** `Prefer: respond-async` (RFC 7240): answered when the task is on disk, not when it is done. */
export const wantsAnswerAtOnce = (request: HttpRequest): boolean =>
  (request.headers.get("prefer") ?? "")
    .split(",")
    .some((preference) => preference.trim().toLowerCase() === "respond-async");

export const tasksPath = "/api/tasks/";

/** 202: the task is on disk, and where to look for it. */
export const acceptedResponse = (taskId: string): HttpResponse =>
  jsonResponse(
    202,
    { taskId, task: `${tasksPath}${taskId}`, result: `${tasksPath}${taskId}/result` },
    {
      Location: `${tasksPath}${taskId}`,
      "Preference-Applied": "respond-async",
      "X-Troupe-Task": taskId,
    },
  );

/** The repaired file, or the reason why there is none under its code's status. */
export function outcomeResponse(outcome: TaskOutcome, more: Headers = {}): HttpResponse {
  const headers = {
    "X-Troupe-Task": outcome.taskId,
    "X-Troupe-Attempt": String(outcome.attempt),
  };
  if (outcome.status !== "completed") return refuse(outcome.code, outcome.detail, headers);
  const file = outcome.result.files[0];
  if (file === undefined) {
    throw new Failure("internal", `Task ${outcome.taskId} completed without a file.`);
  }
  return {
    status: 200,
    headers: {
      "Content-Type": file.contentType,
      "Cache-Control": "no-cache",
      ...more,
      ...headers,
      "X-Troupe-Node": outcome.node,
      "X-Troupe-Queue-Ms": String(Math.round(outcome.queueMs)),
      "X-Troupe-Run-Ms": String(Math.round(outcome.runMs)),
    },
    body: file.bytes,
  };
}

// Codes of tasks reach further than the table: a task may have been failed by a newer node.
function refuse(code: string, detail: string, headers: Headers): HttpResponse {
  const all = { "X-Troupe-Code": code, "X-Troupe-Detail": headerText(detail), ...headers };
  if (code === "bad_image") return pageResponse(500, all);
  if (!isFailureCode(code)) return textResponse(500, detail, all);
  return failureResponse(new Failure(code, detail), headers);
}

const detailLengthMax = 300;

/** The original answers bad images with a standard page; what was wrong stands in a header. */
const headerText = (text: string): string =>
  text.replace(/[^\x20-\x7e]+/g, " ").slice(0, detailLengthMax);
