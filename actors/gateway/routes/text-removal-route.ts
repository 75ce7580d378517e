// `POST /api/v1/remove-text`: a picture in, the picture without its text out; as a task of two steps, which
// `Prefer: respond-async` (RFC 7240) has told at once.
import {
  checkOffered,
  textRemovalOrder,
  textRemovalResult,
} from "#protocols/outside/text-removal.ts";
import { clientIn } from "../asking-client.ts";
import { userIn } from "../asking-user.ts";
import type { HttpRequest, HttpResponse } from "../http-message.ts";
import type { Route } from "../router.ts";
import { keyOf, submissionOf } from "../task-order-reading.ts";
import type { TaskService } from "../task-service.ts";
import { textRemovalIn } from "../text-removal-reading.ts";
import { takenResponse } from "./task-api-routes.ts";
import { outcomeResponse, wantsAnswerAtOnce } from "./task-response.ts";

export const textRemovalRoute = (service: TaskService): Route => ({
  method: "POST",
  path: "/api/v1/remove-text",
  handle: (request) => removeText(service, request),
});

async function removeText(service: TaskService, request: HttpRequest): Promise<HttpResponse> {
  const user = userIn(request);
  const { removal, image } = textRemovalIn(request, service.model);
  const key = keyOf(request, undefined);
  // Without one of them the task would wait for a worker that nobody is about to start.
  checkOffered(removal, await service.models());
  const terms = { model: service.model, user };
  const submission = submissionOf(textRemovalOrder(removal), { files: [image], terms, key });
  const client = clientIn(request);
  if (wantsAnswerAtOnce(request)) return takenResponse(await service.submit(submission, client));
  const outcome = await service.run(submission, client);
  const count =
    outcome.status === "completed" ? outcome.result.figures[textRemovalResult.count] : undefined;
  return outcomeResponse(outcome, count === undefined ? {} : { "X-Troupe-Texts": String(count) });
}
