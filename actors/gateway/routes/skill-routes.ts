// The register of skills, and who has which; who may change it stands in `local-order.ts`.
//
// - `GET /api/v1/skills?level=`: all that are registered or had, each with the nodes that have it so well.
// - `GET /api/v1/skills/<skill>?level=`: one; 404 when it is neither.
// - `POST /api/v1/skills/<skill>/put` with `{ "dependsOn": ["…"], "description": "…", "version": "…" }`, all
//   of it optional: registers the skill, in the place of what was registered under its name.
// - `POST /api/v1/skills/<skill>/drop` with `{}`: forgets it, unless others rest on it.
import Type from "typebox";
import { Compile } from "typebox/compile";
import type { Ref } from "#protocols/actor-ref.ts";
import { Failure } from "#protocols/failure.ts";
import { storeLimits } from "#protocols/store-limits.ts";
import type { NodeRecord } from "#protocols/tasks/node-record.ts";
import { type NodeRecords, SkillTerms } from "#protocols/tasks/node-records.ts";
import { skillRefusal } from "#protocols/tasks/skill-refusal.ts";
import { valueMisfit } from "#protocols/value-misfit.ts";
import { type HttpRequest, type HttpResponse, jsonResponse } from "../http-message.ts";
import type { Route } from "../router.ts";
import { type ListedSkill, listSkills } from "../skill-listing.ts";
import { localOrderIn } from "./local-order.ts";

type SkillBook = Pick<Ref<NodeRecords>, "skills" | "putSkill" | "dropSkill" | "nodes">;

/** Where the register is found. */
export interface SkillBooks {
  store(): Promise<SkillBook>;
}

const path = "/api/v1/skills";
const termsBody = Compile(
  Type.Object(Type.Omit(SkillTerms, ["skill"]).properties, { additionalProperties: false }),
);

export const skillRoutes = (books: SkillBooks): readonly Route[] => [
  {
    method: "GET",
    path,
    handle: async (request) => jsonResponse(200, { skills: await listed(books, request) }),
  },
  { method: "GET", path: `${path}/*`, handle: (request) => show(books, request) },
  { method: "POST", path: `${path}/*`, handle: (request) => change(books, request) },
];

async function listed(books: SkillBooks, request: HttpRequest): Promise<readonly ListedSkill[]> {
  const levelMin = levelIn(request);
  const store = await books.store();
  return listSkills(await store.skills(storeLimits.skillsMax), await allNodes(store), levelMin);
}

async function show(books: SkillBooks, request: HttpRequest): Promise<HttpResponse> {
  const { skill, act } = partsOf(request);
  const found = (await listed(books, request)).find((one) => one.skill === skill);
  if (act === undefined && found) return jsonResponse(200, found);
  const detail = `Nobody has a skill ${skill}, and none is registered. GET ${path} lists them.`;
  throw new Failure("not_found", detail);
}

async function change(books: SkillBooks, request: HttpRequest): Promise<HttpResponse> {
  const { skill, act } = partsOf(request);
  if (act !== "put" && act !== "drop") {
    const detail = `a skill cannot be told to ${act ?? "do nothing"}; write put or drop`;
    throw new Failure("not_found", detail);
  }
  const body = localOrderIn(request);
  if (act === "drop") {
    const refusal = skillRefusal(skill, await (await books.store()).dropSkill(skill));
    if (refusal) throw refusal;
    return jsonResponse(200, { skill, isRegistered: false });
  }
  if (!termsBody.Check(body)) {
    const seen = body === undefined ? "no JSON" : valueMisfit(termsBody.Errors(body), body);
    const example = '{ "dependsOn": ["detect-text"], "description": "reads text", "version": "2" }';
    throw new Failure(
      "invalid",
      `what is said of the skill ${skill} is not like ${example}: ${seen}`,
    );
  }
  const refusal = skillRefusal(skill, await (await books.store()).putSkill({ skill, ...body }));
  if (refusal) throw refusal;
  return jsonResponse(200, { skill, isRegistered: true, ...body });
}

async function allNodes(store: SkillBook): Promise<readonly NodeRecord[]> {
  const found: NodeRecord[] = [];
  for (;;) {
    const after = found.at(-1)?.node;
    const limit = storeLimits.recordPageMax;
    const page = await store.nodes({ limit, ...(after === undefined ? {} : { after }) });
    found.push(...page);
    if (page.length < limit) return found;
  }
}

/** Fails with `invalid` for what is no level. */
function levelIn({ query }: HttpRequest): number {
  const word = new URLSearchParams(query).get("level");
  if (word === null) return 0;
  const level = /^\d(\.\d{1,15})?$/.test(word) ? Number(word) : Number.NaN;
  if (level >= 0 && level <= 1) return level;
  throw new Failure("invalid", `level is ${word.slice(0, 40)}: write a number from 0 to 1`);
}

function partsOf(request: HttpRequest): {
  readonly skill: string;
  readonly act: string | undefined;
} {
  const [name = "", act, ...more] = request.path.slice(path.length + 1).split("/");
  const skill = decoded(name);
  if (skill !== undefined && skill.length > 0 && skill.length <= 64 && more.length === 0) {
    return { skill, act };
  }
  throw new Failure("not_found", `A skill's name has 1 to 64 characters. GET ${path} lists them.`);
}

function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}
