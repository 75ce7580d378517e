// How a task stands, or ended, as an HTTP response.

import { Failure } from "#protocols/failure.ts";
import type { SubmitReceipt } from "#protocols/tasks/queue.ts";
import type { TaskOutcome } from "#protocols/tasks/task.ts";
import {
  explainedPage,
  failureResponse,
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
  jsonResponse,
} from "../http-message.ts";

type Headers = Readonly<Record<string, string>>;

/** `Prefer: respond-async` (RFC 7240): answered when the task is on disk, not when it is done. */
export const wantsAnswerAtOnce = (request: HttpRequest): boolean =>
  (request.headers.get("prefer") ?? "")
    .split(",")
    .some((preference) => preference.trim().toLowerCase() === "respond-async");

export const tasksPath = "/api/tasks/";

/** 202: the task is on disk, and where to look for it. */
export const acceptedResponse = ({ ack, taskId }: SubmitReceipt): HttpResponse =>
  jsonResponse(
    202,
    { taskId, task: `${tasksPath}${taskId}`, result: `${tasksPath}${taskId}/result`, ack },
    {
      Location: `${tasksPath}${taskId}`,
      "Preference-Applied": "respond-async",
      "X-Troupe-Task": taskId,
    },
  );

/** A file of our own routes, or the reason why there is none under its code's status, as JSON. */
export const outcomeResponse = (outcome: TaskOutcome, more: Headers = {}): HttpResponse =>
  outcome.status === "completed"
    ? fileResponse(outcome, more)
    : failureResponse(tasksPath, outcome, outcomeHeaders(outcome));

/** Of what the original fails at: a picture that cannot be read, a word that its model does not know. */
const pageCodes: ReadonlySet<string> = new Set(["bad_image", "invalid"]);

/** The repaired file, or the reason why there is none in the words of the original. */
export function originalResponse(outcome: TaskOutcome, more: Headers = {}): HttpResponse {
  if (outcome.status === "completed") return fileResponse(outcome, more);
  const { code, detail } = outcome;
  const headers = outcomeHeaders(outcome);
  if (pageCodes.has(code)) return explainedPage(500, { code, detail }, headers);
  return failureResponse("/", { code, detail }, headers);
}

/** A picture that is refused before there is a task of it is told in the same words as one that fails its task. */
export const inOriginalWords =
  (handle: HttpHandler): HttpHandler =>
  async (request) => {
    try {
      return await handle(request);
    } catch (cause) {
      if (cause instanceof Failure && cause.code === "bad_image") return explainedPage(500, cause);
      throw cause;
    }
  };

/** Of an answer that tells how a task ended. */
export const outcomeHeaders = ({ taskId, attempt }: TaskOutcome): Headers => ({
  "X-Troupe-Task": taskId,
  "X-Troupe-Attempt": String(attempt),
});

type Completed = Extract<TaskOutcome, { status: "completed" }>;

function fileResponse(outcome: Completed, more: Headers): HttpResponse {
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
      ...outcomeHeaders(outcome),
      "X-Troupe-Node": outcome.node,
      "X-Troupe-Queue-Ms": String(Math.round(outcome.queueMs)),
      "X-Troupe-Run-Ms": String(Math.round(outcome.runMs)),
    },
    body: file.bytes,
  };
}
