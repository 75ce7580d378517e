// Questions that tasks ask people. Only who is on this machine may see and answer them, and says as whom:
// a page in front of the gateway knows its users, and asks here on their behalf.
//
// - `GET /api/v1/confirmations?user=ada`: her open questions, oldest first, a page at a time; without a
//   user, everybody's.
// - `GET /api/v1/confirmations/<id>`: one question, open or answered.
// - `POST /api/v1/confirmations/<id>`: `{ "user": "ada", "proceed": true, "feedback": "…" }`. 403 when
//   another was asked, 409 with the decision when somebody, or time, was faster. In the place of a user
//   `"scope": "confirm:any"` answers for anybody.
//
// With `X-Troupe-User` the user may be left out, nobody else may be named, and questions that were put to
// others do not exist.
import Type from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { QuestionListQuery } from "#protocols/outside/task-order.ts";
import type {
  ConfirmationAnswered,
  OpenConfirmationsQuery,
} from "#protocols/tasks/confirmation.ts";
import { valueMisfit } from "#protocols/value-misfit.ts";
import { isYes } from "#runtime/tasks/ask-person.ts";
import { isVisibleTo, userIn, userOf } from "../asking-user.ts";
import type { HttpRequest, HttpResponse } from "../http-message.ts";
import { decidedResponse, jsonResponse } from "../http-message.ts";
import type { NamedActors } from "../named-actors.ts";
import type { Route } from "../router.ts";
import { localOrderIn, refuseStrangers } from "./local-order.ts";

const path = "/api/v1/confirmations";
const pageDefault = 50;

const closed = { additionalProperties: false } as const;
const Name = Type.String({ minLength: 1, maxLength: 64 });
const said = {
  proceed: Type.Boolean(),
  feedback: Type.Optional(Type.String({ maxLength: 4_096 })),
};
const OfUser = Type.Object({ user: Type.Optional(Name), ...said }, closed);
const ForAnybody = Type.Object({ scope: Type.Literal("confirm:any"), ...said }, closed);
const listQuery = Compile(QuestionListQuery);
const ofUser = Compile(OfUser);
const forAnybody = Compile(ForAnybody);
const example = '{ "user": "ada", "proceed": true, "feedback": "as found" }';

export const confirmationRoutes = (actors: NamedActors): readonly Route[] => [
  { method: "GET", path, handle: (request) => list(actors, request) },
  { method: "GET", path: `${path}/*`, handle: (request) => show(actors, request) },
  { method: "POST", path: `${path}/*`, handle: (request) => answer(actors, request) },
];

async function list(actors: NamedActors, request: HttpRequest): Promise<HttpResponse> {
  refuseStrangers(request);
  const query: unknown = Object.fromEntries(new URLSearchParams(request.query));
  if (!listQuery.Check(query)) {
    const detail = `the list cannot be given: ${valueMisfit(listQuery.Errors(query), query)}`;
    throw new Failure("invalid", detail);
  }
  const userId = userOf(query.user, userIn(request)) ?? null;
  const limit = Number(query.limit ?? pageDefault);
  const people = await actors.confirmations();
  // One more tells whether there is another page.
  const open = await people.open({ userId, limit: limit + 1, ...placeIn(query.cursor) });
  const confirmations = open.slice(0, limit);
  const last = confirmations.at(-1);
  const next = open.length > limit && last ? `${last.createdAt}.${last.callbackId}` : null;
  return jsonResponse(200, { confirmations, next });
}

function placeIn(cursor: string | undefined): Pick<OpenConfirmationsQuery, "after"> {
  if (cursor === undefined) return {};
  const [createdAt, callbackId = ""] = cursor.split(".");
  return { after: { createdAt: Number(createdAt), callbackId } };
}

async function show(actors: NamedActors, request: HttpRequest): Promise<HttpResponse> {
  refuseStrangers(request);
  const callbackId = idIn(request);
  const user = userIn(request);
  const people = await actors.confirmations();
  const state = await people.find(callbackId);
  if (state === null || !isVisibleTo(user, state)) throw unknown(callbackId);
  return jsonResponse(200, state);
}

async function answer(actors: NamedActors, request: HttpRequest): Promise<HttpResponse> {
  const body = localOrderIn(request);
  const isOfUser = ofUser.Check(body);
  if (!isOfUser && !forAnybody.Check(body)) {
    throw new Failure("invalid", `the answer is not like ${example}: ${misfitOf(body)}`);
  }
  const callbackId = idIn(request);
  const user = userIn(request);
  const userId = isOfUser ? userOf(body.user, user) : anybody(user);
  if (userId === undefined) throw new Failure("invalid", `say who answers: ${example}`);
  const people = await actors.confirmations();
  const decision = body.proceed ? "proceed" : "reject";
  const answered = await people.answer({
    ...{ callbackId, decision, feedback: body.feedback ?? null },
    userId,
  });
  const isHidden = answered.kind === "forbidden" && user !== undefined;
  return responseOf(isHidden ? { kind: "not_found" } : answered, callbackId);
}

function misfitOf(body: unknown): string {
  if (typeof body !== "object" || body === null) return "it is no JSON object";
  const isForAnybody = "scope" in body && !("user" in body);
  return isForAnybody
    ? valueMisfit(forAnybody.Errors(body), body, ForAnybody)
    : valueMisfit(ofUser.Errors(body), body, OfUser);
}

/** Fails with `forbidden` for who was said to be somebody. */
function anybody(user: string | undefined): null {
  if (user === undefined) return null;
  throw new Failure("forbidden", `you are "${user}" and cannot answer for anybody`);
}

function responseOf(answered: ConfirmationAnswered, callbackId: string): HttpResponse {
  switch (answered.kind) {
    case "answered":
      return jsonResponse(200, { callbackId, answered: true });
    case "decided":
      return decidedResponse(decidedText(answered.decision), {
        callbackId,
        decision: answered.decision,
        ...proceedOf(answered.decision),
      });
    case "forbidden":
      throw new Failure("forbidden", `Question ${callbackId} was put to somebody else.`);
    case "not_found":
      throw unknown(callbackId);
    default:
      return answered satisfies never;
  }
}

type Decided = Extract<ConfirmationAnswered, { kind: "decided" }>["decision"];

const proceedOf = (decision: Decided) => (decision === "ended" ? {} : { proceed: isYes(decision) });

const decidedText = (decision: Decided): string =>
  decision === "ended"
    ? "its task has ended without an answer"
    : `the question was answered before: ${decision}`;

const unknown = (callbackId: string): Failure => {
  const why =
    "It may be of a task that was forgotten; GET /api/v1/confirmations lists the open ones.";
  return new Failure("not_found", `There is no question ${callbackId}. ${why}`);
};

function idIn(request: HttpRequest): string {
  const callbackId = request.path.slice(path.length + 1);
  if (/^[\w-]{1,64}$/.test(callbackId)) return callbackId;
  throw unknown(callbackId.slice(0, 64));
}
