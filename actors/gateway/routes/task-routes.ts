// Tasks that nobody waits for: how they stand, and what came of them.
//
// - `GET /api/tasks/<id>`: the task as JSON; 404 when there is none, 410 when it was kept for its time.
// - `GET /api/tasks/<id>/result`: the file, or the failure under its status; 202 with the task as
//   JSON while it has not ended.
import { Failure } from "#protocols/failure.ts";
import { isEnded } from "#protocols/tasks/task-states.ts";
import { absenceOf, isTaskId } from "../absent-task.ts";
import { isVisibleTo, userIn } from "../asking-user.ts";
import type { HttpRequest, HttpResponse } from "../http-message.ts";
import { failureResponse, jsonResponse } from "../http-message.ts";
import type { InpaintService } from "../inpaint-service.ts";
import type { Route } from "../router.ts";
import { outcomeResponse, tasksPath } from "./task-response.ts";

/** Seconds after which who asks for a result too early may ask again. */
const askAgainSeconds = 1;

export const taskRoutes = (service: InpaintService): readonly Route[] => [
  { method: "GET", path: `${tasksPath}*`, handle: (request) => answer(service, request) },
];

async function answer(service: InpaintService, request: HttpRequest): Promise<HttpResponse> {
  const [taskId = "", part, ...more] = request.path.slice(tasksPath.length).split("/");
  const isKnownPart = part === undefined || part === "result";
  const user = userIn(request);
  if (!isKnownPart || more.length > 0) {
    const detail = `There is no task at ${request.path.slice(0, 200)}.`;
    return failureResponse(tasksPath, new Failure("not_found", detail));
  }
  const known = isTaskId(taskId) ? await service.task(taskId) : null;
  const task = known !== null && isVisibleTo(user, known) ? known : null;
  if (task === null) {
    const source = {
      view: (id: string) => service.task(id),
      ending: (id: string) => service.ending(id),
    };
    return failureResponse(tasksPath, await absenceOf(source, taskId));
  }
  if (part === undefined) return jsonResponse(200, task);
  if (isEnded(task.status)) return outcomeResponse(await service.ending(taskId));
  return jsonResponse(202, task, { "Retry-After": String(askAgainSeconds) });
}
