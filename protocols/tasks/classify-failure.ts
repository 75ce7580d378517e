// Which class any error belongs to: by the code of a Failure, else by the code, the name or the HTTP status
// that Node or a library gave it, and only where there is none (ONNX Runtime) by its words. Pure.
import { errorMessage } from "../error-text.ts";
import { Failure } from "../failure.ts";
import { type FailureCode, isFailureCode } from "../failure-codes.ts";
import { retryAfterMsIn } from "./retry-after.ts";
import type { FailureClass, TaskFailure } from "./task-failure.ts";

const classesOfCodes: Readonly<Record<FailureCode, FailureClass>> = {
  timeout: "timeout",
  cancelled: "cancelled",
  rejected: "cancelled",
  decided: "validation",
  actor_stopped: "resource",
  actor_crashed: "internal",
  node_down: "node_lost",
  session_lost: "node_lost",
  lease_lost: "node_lost",
  link_full: "network",
  unknown_outcome: "network",
  mailbox_full: "resource",
  stash_full: "resource",
  circuit_open: "resource",
  rate_limited: "resource",
  queue_full: "resource",
  directory_full: "resource",
  store_failed: "resource",
  engine_lost: "resource",
  thread_lost: "resource",
  unavailable: "resource",
  model_failed: "model",
  forbidden: "validation",
  not_found: "validation",
  gone: "validation",
  invalid: "validation",
  too_large: "validation",
  conflict: "validation",
  bad_image: "validation",
  size_mismatch: "validation",
  topology_invalid: "validation",
  unknown_message: "internal",
  protocol_mismatch: "internal",
  name_taken: "internal",
  ask_cycle: "internal",
  corrupt: "internal",
  internal: "internal",
};

/** Of Node and of the libraries that keep to its ways. A Map: such a word can be `constructor`, too. */
const classesOfForeignCodes: ReadonlyMap<string, FailureClass> = new Map([
  ...words(
    "network",
    "ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ENOTFOUND EAI_AGAIN EHOSTUNREACH EHOSTDOWN",
    "ENETUNREACH ENETDOWN ETIMEDOUT EADDRNOTAVAIL EPROTO ERR_SOCKET_CLOSED",
    "ERR_STREAM_PREMATURE_CLOSE UND_ERR_SOCKET UND_ERR_CONNECT_TIMEOUT",
    "CERT_HAS_EXPIRED CERT_NOT_YET_VALID ERR_TLS_CERT_ALTNAME_INVALID",
    "HTTP_408 HTTP_502 HTTP_503 HTTP_504",
  ),
  // A disk that fails (EIO, and EROFS, as which it is then mounted) is its node's, as is one that is full.
  ...words(
    "resource",
    "ENOMEM ENOSPC EDQUOT EMFILE ENFILE EAGAIN EBUSY EADDRINUSE ENOBUFS EIO EROFS",
    "ERR_WORKER_OUT_OF_MEMORY ERR_BUFFER_TOO_LARGE ERR_STRING_TOO_LONG ERR_MEMORY_ALLOCATION_FAILED",
    "SQLITE_FULL SQLITE_BUSY SQLITE_LOCKED SQLITE_NOMEM",
    // As `rate_limited`: asked too often, and here by this node.
    "HTTP_429",
  ),
  ...words("timeout", "UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT ERR_SCRIPT_EXECUTION_TIMEOUT"),
  ...words("cancelled", "ABORT_ERR ERR_CANCELED"),
  // No time heals a right that is missing: one try elsewhere, and operators are told at once.
  ...words("internal", "EACCES EPERM"),
]);

const classesOfNames: ReadonlyMap<string, FailureClass> = new Map([
  ...words("cancelled", "AbortError"),
  ...words("timeout", "TimeoutError"),
  ...words("network", "MaxRetriesPerRequestError"),
]);

/** Nothing but words tells these apart; the first that fits counts. */
const classesOfWords: readonly (readonly [RegExp, FailureClass])[] = [
  [/bad.?alloc|out of memory|failed to allocate|allocation failed/i, "resource"],
  [/not enough (memory|space)|CUDA_ERROR_OUT_OF_MEMORY|cudaMalloc/i, "resource"],
  // As ONNX Runtime marks what is its own; a file that bears its name says nothing.
  [/\[ONNXRuntimeError\]|onnxruntime::|INVALID_PROTOBUF|INVALID_GRAPH/, "model"],
  [
    /protobuf parsing failed|^Load model from .* failed|non-zero status code returned while running/i,
    "model",
  ],
  [/(invalid|unexpected) (dimensions|input data type)|invalid feed input name/i, "model"],
  // Of ioredis.
  [/^Connection is closed\.$/, "network"],
];

const detailLengthMax = 8_192;
const causesMax = 8;
/** Of what failed together, so many are looked at, each so far down. */
const togetherMax = 8;
const togetherCausesMax = 2;

/** On whose behalf the error is read. */
export interface AttemptSight {
  /** Whether the task itself was given up: its signal was aborted. */
  readonly isCancelled: boolean;
}

/**
 * What the error says about another attempt. That something was broken off says nothing where nobody has
 * given up the task: then its cause decides, and without one it is `internal`.
 */
export function classifyFailure(error: unknown, { isCancelled }: AttemptSight): TaskFailure {
  const { code, class: failureClass } = readIn(error, isCancelled);
  const detail = error instanceof Failure ? error.detail : errorMessage(error);
  const retryAfterMs = retryAfterMsIn(error);
  return {
    ...{ code, detail: detail.slice(0, detailLengthMax), class: failureClass },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** As a task row or a node of another release names it. */
export const classOfCode = (code: string): FailureClass =>
  isFailureCode(code) ? classesOfCodes[code] : (classesOfForeignCodes.get(code) ?? "internal");

type Found = Pick<TaskFailure, "code" | "class">;

const unclear: Found = { code: "internal", class: "internal" };

interface Sight extends AttemptSight {
  /** So many causes further down are looked at. */
  readonly depth: number;
}

/** Anything can be thrown, also what throws when it is read. */
function readIn(error: unknown, isCancelled: boolean): Found {
  try {
    return foundIn(error, { isCancelled, depth: causesMax });
  } catch {
    return unclear;
  }
}

/** A wrapper that says nothing of its own is looked into. */
function foundIn(error: unknown, { isCancelled, depth }: Sight): Found {
  const told = error instanceof Failure ? toldBy(error) : (foreignIn(error) ?? wordedIn(error));
  if (told && (isCancelled || !isBrokenOff(told))) return told;
  if (depth === 0) return unclear;
  const sight = { isCancelled, depth: depth - 1 };
  if (error instanceof AggregateError) return amongAll(error.errors, sight);
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? unclear : foundIn(cause, sight);
}

/** That a person said no is an answer; all else that is cancelled was only broken off. */
const isBrokenOff = (found: Found): boolean =>
  found.class === "cancelled" && found.code !== "rejected";

/** Of attempts that failed together, as at all addresses of a name, the first that says something. */
function amongAll(errors: readonly unknown[], { isCancelled, depth }: Sight): Found {
  const sight = { isCancelled, depth: Math.min(depth, togetherCausesMax) };
  const found = errors.slice(0, togetherMax).map((error) => foundIn(error, sight));
  return found.find((one) => one.class !== "internal") ?? found[0] ?? unclear;
}

function toldBy({ code, detail }: Failure): Found | undefined {
  if (code === "internal") return undefined;
  const own = classesOfCodes[code];
  // An engine that has no memory left says so in the words of its library.
  const isExhausted = own === "model" && classOfWords(detail) === "resource";
  return { code, class: isExhausted ? "resource" : own };
}

function wordedIn(error: unknown): Found | undefined {
  const told = classOfWords(errorMessage(error));
  return told && { code: codesOfWords[told] ?? "internal", class: told };
}

const codesOfWords: Partial<Readonly<Record<FailureClass, FailureCode>>> = {
  model: "model_failed",
  resource: "unavailable",
  network: "unavailable",
};

function foreignIn(error: unknown): Found | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const code = textIn(error, "code").slice(0, 64);
  if (isFailureCode(code)) return { code, class: classesOfCodes[code] };
  const name = textIn(error, "name");
  const status = `HTTP_${statusIn(error)}`;
  const ofCode = classesOfForeignCodes.get(code);
  if (ofCode) return { code, class: ofCode };
  const ofName = classesOfNames.get(name);
  if (ofName) return { code: ofName === "network" ? "unavailable" : ofName, class: ofName };
  const ofStatus = classesOfForeignCodes.get(status);
  return ofStatus && { code: status, class: ofStatus };
}

const fieldIn = (value: object, field: string): unknown => Reflect.get(value, field);

function textIn(value: object, field: string): string {
  const text = fieldIn(value, field);
  return typeof text === "string" ? text : "";
}

/** As HTTP clients have it: of the error itself, or of the response that it brings. */
function statusIn(error: object): number | undefined {
  const response = fieldIn(error, "response");
  const places = typeof response === "object" && response !== null ? [error, response] : [error];
  return places
    .flatMap((place) => [fieldIn(place, "status"), fieldIn(place, "statusCode")])
    .find((status) => typeof status === "number");
}

const classOfWords = (text: string): FailureClass | undefined =>
  classesOfWords.find(([pattern]) => pattern.test(text))?.[1];

function words(failureClass: FailureClass, ...lines: readonly string[]) {
  return lines.flatMap((line) => line.split(" ")).map((word) => [word, failureClass] as const);
}
