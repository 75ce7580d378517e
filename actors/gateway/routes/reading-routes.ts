// Single readings of the state, from the copy in Redis where there is one that is new enough: they cost the control
// node nothing then, and are answered, as stale, also while it is away.
//
// - `GET /api/v1/state/tasks/<id>`: the task; 404 when there is none.
// - `GET /api/v1/state/nodes`, `/queues`, `/counts`.
// - `?maxAgeMs=N`: how old it may be; 0: from the store. Each answer says its `source`, `asOf`, and whether it
//   `isStale`: older than that, as nobody could tell it newer.
import { Failure } from "#protocols/failure.ts";
import type { ReadAge, StateReads } from "#protocols/tasks/state-reads.ts";
import { isVisibleTo, userIn } from "../asking-user.ts";
import { type HttpRequest, type HttpResponse, jsonResponse } from "../http-message.ts";
import type { Route } from "../router.ts";

const path = "/api/v1/state/";
/** A copy that nothing happens to is written once a second. */
const maxAgeMsStandard = 2_000;
const maxAgeMsMax = 3_600_000;

export const readingRoutes = (reads: StateReads): readonly Route[] => [
  { method: "GET", path: `${path}*`, handle: (request) => answer(reads, request) },
];

async function answer(reads: StateReads, request: HttpRequest): Promise<HttpResponse> {
  const [kind, id, ...more] = request.path.slice(path.length).split("/");
  const age = ageIn(request);
  if (kind === "tasks" && id !== undefined && more.length === 0) return task(reads, request, id);
  if (id !== undefined) throw unknown(request);
  switch (kind) {
    case "nodes":
      return jsonResponse(200, await reads.nodes(age));
    case "queues":
      return jsonResponse(200, await reads.queues(age));
    case "counts":
      return jsonResponse(200, await reads.counts(age));
    default:
      throw unknown(request);
  }
}

async function task(reads: StateReads, request: HttpRequest, id: string): Promise<HttpResponse> {
  const user = userIn(request);
  if (!/^[\w-]{1,64}$/.test(id)) throw unknown(request);
  const reading = await reads.task(id, ageIn(request));
  if (reading.value === null || !isVisibleTo(user, reading.value)) throw unknown(request);
  return jsonResponse(200, reading);
}

function ageIn({ query }: HttpRequest): ReadAge {
  const given = new URLSearchParams(query).get("maxAgeMs");
  if (given === null) return { maxAgeMs: maxAgeMsStandard };
  const maxAgeMs = Number(given);
  if (given !== "" && Number.isInteger(maxAgeMs) && maxAgeMs >= 0 && maxAgeMs <= maxAgeMsMax) {
    return { maxAgeMs };
  }
  const detail = `"maxAgeMs" is a whole number from 0 to ${maxAgeMsMax}, got ${given.slice(0, 40)}`;
  throw new Failure("invalid", detail);
}

function unknown({ path: asked }: HttpRequest): Failure {
  const detail = `There is no ${asked.slice(0, 200)}. Ask for tasks/<id>, nodes, queues or counts.`;
  return new Failure("not_found", detail);
}
