// Where another server runs a version of a model, as `remote.json` in the version's folder says. Whatever
// vouches for us there (a token, a password) lies in files of its own, so that it stands in no failure, no log
// and no copy of the folder; an address that has it in itself is refused.
import { dirname, join } from "node:path";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import type { Problem } from "#protocols/outside/problem.ts";
import { schemaProblems } from "#protocols/outside/schema-problems.ts";
import { withoutMark } from "../repository/model-json.ts";
import { readPlainText } from "../repository/plain-file.ts";
import { toldProblems } from "../repository/told-problems.ts";

/** Of all workers of this server together it is their number times this. */
const concurrencyMax = 32;
/** Of one run; an engine's own bound is longer, so that it is the server that is told to be late. */
export const remoteTimeoutMsMax = 100_000;
const headersMax = 8;
const placeBytesMax = 64 * 1024;
const headerBytesMax = 16 * 1024;

export const RemotePlace = Type.Object(
  {
    /** Of the server, as `http://127.0.0.1:8000`. */
    url: Type.String({ maxLength: 1_024 }),
    /** Its name there. */
    model: Type.String({ minLength: 1, maxLength: 256 }),
    /** Default: whichever the server chooses. */
    version: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Of one run. Default: 60 000. */
    timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: remoteTimeoutMsMax })),
    /** Runs under way at a time. Default: 4. */
    concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: concurrencyMax })),
    /** Headers of every question: the name of each, and the file that has its value. */
    headerFiles: Type.Optional(
      Type.Record(Type.String(), Type.String(), { maxProperties: headersMax }),
    ),
  },
  { additionalProperties: false },
);
export type RemotePlace = Readonly<Static<typeof RemotePlace>>;

export type RemoteHeaders = Readonly<Record<string, string>>;

const placeCheck = Compile(RemotePlace);
const example = '{ "url": "http://127.0.0.1:8000", "model": "eraser" }';

/** Those that a question has anyway, or that the connection is made of. */
const ownHeaders: ReadonlySet<string> = new Set([
  ...["connection", "content-encoding", "content-length", "content-type", "expect", "host"],
  ...["inference-header-content-length", "keep-alive", "te", "transfer-encoding", "upgrade"],
]);

/** RFC 9110, section 5.6.2: of which the name of a header is made. */
const headerToken = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

/** Undefined: the version beside that file is run here. Fails with `invalid`, naming the key. */
export async function remotePlaceBeside(modelFile: string): Promise<RemotePlace | undefined> {
  const file = join(dirname(modelFile), "remote.json");
  const text = await readPlainText(file, placeBytesMax).catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw cause;
  });
  if (text === undefined) return undefined;
  const place = parsed(withoutMark(text));
  if (!placeCheck.Check(place)) {
    const problems = schemaProblems(RemotePlace, place).map(withoutValue);
    const why = place === undefined ? "it is no JSON" : toldProblems(problems);
    throw new Failure("invalid", `${file}: ${why}; write it like ${example}`);
  }
  try {
    refuseAddress(place.url);
    refuseOwnHeaders(place);
  } catch (cause) {
    throw new Failure("invalid", `${file}: ${Failure.of(cause).detail}`, cause);
  }
  return place;
}

/** Reads their files. Fails with `invalid`, which names the file and never shows what it holds. */
export async function remoteHeaders({
  headerFiles = {},
}: Pick<RemotePlace, "headerFiles">): Promise<RemoteHeaders> {
  const headers = Object.entries(headerFiles).map(
    async ([name, file]) => [name, await headerIn(name, file)] as const,
  );
  return Object.fromEntries(await Promise.all(headers));
}

async function headerIn(name: string, file: string): Promise<string> {
  const text = await readPlainText(file, headerBytesMax).catch((cause: unknown) => {
    const { detail } = Failure.of(cause);
    throw new Failure("invalid", `the header ${name} cannot be read: ${detail}`, cause);
  });
  const value = text.trim();
  if (/^[\x20-\x7e]+$/.test(value)) return value;
  throw new Failure("invalid", `${file} is no value of a header: write one line of ASCII`);
}

/** What stands at these places may vouch for us: it is not shown. */
function withoutValue(problem: Problem): Problem {
  const [key] = problem.path;
  if (problem.at === "key" || (key !== "url" && key !== "headerFiles")) return problem;
  return { ...problem, message: "is not what may stand there" };
}

/** Says of an address that has a password in it no more than its server. */
function refuseAddress(text: string): void {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new Failure("invalid", "/url is no address of a server, such as http://127.0.0.1:8000");
  }
  const { host, username, password, search, hash } = new URL(text);
  if (username !== "" || password !== "") {
    const remedy = 'write it to a file and name that: "headerFiles": { "authorization": FILE }';
    throw new Failure("invalid", `/url has a name or password for ${host} in it; ${remedy}`);
  }
  if (search === "" && hash === "") return;
  throw new Failure("invalid", `/url of ${host} has a part behind its path; leave that out`);
}

function refuseOwnHeaders({ headerFiles = {} }: RemotePlace): void {
  const seen = new Set<string>();
  for (const [name, file] of Object.entries(headerFiles)) {
    if (!headerToken.test(name)) {
      throw new Failure("invalid", `/headerFiles names "${name}", which is no name of a header`);
    }
    const word = name.toLowerCase();
    if (seen.has(word)) throw new Failure("invalid", `/headerFiles names ${word} twice`);
    seen.add(word);
    if (ownHeaders.has(word)) {
      throw new Failure("invalid", `/headerFiles names ${name}, which is not yours to set`);
    }
    if (file.startsWith("/")) continue;
    throw new Failure("invalid", `/headerFiles/${name} has to be a whole path, from / on`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
