// The whole state as of one moment, for tools.
//
// - `GET /api/v1/state`: counts, queues, nodes, figures and the first living tasks, with `snapshotId`;
//   `next` says where the next page begins, null that these were all.
// - It tells whose tasks there are, so that only who is on this machine may ask, and no page.
// - `GET /api/v1/state?snapshot=<id>&from=<next>`: more tasks of the same moment; 404 after a minute.
// - Who asks in the name of a user is shown that user's tasks alone; `tasksTotal` and all counts are of the
//   whole cluster, and a page may have few tasks, or none, before the last.
import { Failure } from "#protocols/failure.ts";
import type { SnapshotPage, StateSnapshot } from "#protocols/tasks/state-readings.ts";
import { isVisibleTo, userIn } from "../asking-user.ts";
import { type HttpRequest, jsonResponse } from "../http-message.ts";
import type { Route } from "../router.ts";
import type { StateService } from "../state-service.ts";
import { isFromHere, signOfProxy } from "./local-order.ts";

export const stateRoutes = (service: StateService): readonly Route[] => [
  {
    method: "GET",
    path: "/api/v1/state",
    handle: async (request) => {
      const user = userIn(request);
      const page = await wanted(service, request);
      const tasks = page.tasks.filter((task) => isVisibleTo(user, task));
      return jsonResponse(200, { ...page, tasks });
    },
  },
];

function wanted(
  service: StateService,
  request: HttpRequest,
): Promise<StateSnapshot | SnapshotPage> {
  const isPassedOn = signOfProxy(request) !== undefined || request.headers.has("origin");
  if (!isFromHere(request) || isPassedOn) {
    const detail =
      "only programs on the machine of the gateway may read the whole state, by 127.0.0.1";
    throw new Failure("forbidden", detail);
  }
  const query = new URLSearchParams(request.query);
  const snapshot = query.get("snapshot");
  const given = query.get("from");
  if (snapshot === null && given === null) return service.snapshot();
  if (snapshot === null) {
    const detail = '"from" goes with "snapshot": write the "snapshotId" of the first page, too';
    throw new Failure("invalid", detail);
  }
  const from = Number(given ?? "0");
  if (given !== "" && Number.isSafeInteger(from) && from >= 0) return service.page(snapshot, from);
  const detail = `"from" must be the "next" of the page before, got ${given?.slice(0, 40)}`;
  throw new Failure("invalid", detail);
}
