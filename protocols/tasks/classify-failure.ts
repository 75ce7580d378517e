// Which class any error belongs to: by the code of a Failure, else by the code or the name that Node
// gave it, and only for foreign libraries that have neither (ONNX Runtime) by their words. Pure.
import { errorMessage } from "../error-text.ts";
import { Failure } from "../failure.ts";
import { type FailureCode, isFailureCode } from "../failure-codes.ts";
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

/** Of Node and of the libraries that keep to its ways. */
const classesOfForeignCodes: Readonly<Record<string, FailureClass>> = {
  ...codes(
    "network",
    "ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ENOTFOUND EAI_AGAIN EHOSTUNREACH EHOSTDOWN",
    "ENETUNREACH ENETDOWN ETIMEDOUT EADDRNOTAVAIL ERR_SOCKET_CLOSED ERR_STREAM_PREMATURE_CLOSE",
    "UND_ERR_SOCKET UND_ERR_CONNECT_TIMEOUT",
  ),
  ...codes(
    "resource",
    "ENOMEM ENOSPC EDQUOT EMFILE ENFILE EAGAIN EBUSY EADDRINUSE ENOBUFS",
    "ERR_WORKER_OUT_OF_MEMORY ERR_BUFFER_TOO_LARGE ERR_STRING_TOO_LONG ERR_MEMORY_ALLOCATION_FAILED",
    "SQLITE_FULL SQLITE_BUSY SQLITE_LOCKED SQLITE_NOMEM",
  ),
  ...codes("timeout", "UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT ERR_SCRIPT_EXECUTION_TIMEOUT"),
  ...codes("cancelled", "ABORT_ERR ERR_CANCELED"),
};

const classesOfNames: Readonly<Record<string, FailureClass>> = {
  AbortError: "cancelled",
  TimeoutError: "timeout",
};

/** Nothing but words tells these apart; the first that fits counts. */
const classesOfWords: readonly (readonly [RegExp, FailureClass])[] = [
  [/bad.?alloc|out of memory|failed to allocate|allocation failed/i, "resource"],
  [/not enough (memory|space)|CUDA_ERROR_OUT_OF_MEMORY|cudaMalloc/i, "resource"],
  [/onnx|INVALID_PROTOBUF|INVALID_GRAPH|non-zero status code returned while running/i, "model"],
  [/(invalid|unexpected) (dimensions|input data type)|invalid feed input name/i, "model"],
];

const detailLengthMax = 8_192;
const causesMax = 8;

/** What the error says about another attempt. */
export function classifyFailure(error: unknown): TaskFailure {
  const { code, class: failureClass } = foundIn(error, causesMax);
  const detail = error instanceof Failure ? error.detail : errorMessage(error);
  return { code, detail: detail.slice(0, detailLengthMax), class: failureClass };
}

/** As a task row or a node of another release names it. */
export const classOfCode = (code: string): FailureClass =>
  isFailureCode(code) ? classesOfCodes[code] : (classesOfForeignCodes[code] ?? "internal");

type Found = Pick<TaskFailure, "code" | "class">;

/** A wrapper that says nothing of its own is looked into. */
function foundIn(error: unknown, depth: number): Found {
  if (error instanceof Failure) {
    const isBare = error.code === "internal" && error.cause !== undefined && depth > 0;
    if (isBare) return foundIn(error.cause, depth - 1);
    const own = classesOfCodes[error.code];
    // An engine that has no memory left says so in the words of its library.
    const isExhausted = own === "model" && classOfWords(error.detail) === "resource";
    return { code: error.code, class: isExhausted ? "resource" : own };
  }
  const named = foreignIn(error);
  if (named) return named;
  const words = classOfWords(errorMessage(error));
  if (words) return { code: codesOfWords[words] ?? "internal", class: words };
  const cause = error instanceof Error && depth > 0 ? error.cause : undefined;
  return cause === undefined ? { code: "internal", class: "internal" } : foundIn(cause, depth - 1);
}

const codesOfWords: Partial<Readonly<Record<FailureClass, FailureCode>>> = {
  model: "model_failed",
  resource: "unavailable",
};

function foreignIn(error: unknown): Found | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const code = "code" in error && typeof error.code === "string" ? error.code.slice(0, 64) : "";
  if (isFailureCode(code)) return { code, class: classesOfCodes[code] };
  const ofCode = classesOfForeignCodes[code];
  if (ofCode) return { code, class: ofCode };
  const name = "name" in error && typeof error.name === "string" ? error.name : "";
  const ofName = classesOfNames[name];
  return ofName && { code: ofName, class: ofName };
}

const classOfWords = (text: string): FailureClass | undefined =>
  classesOfWords.find(([words]) => words.test(text))?.[1];

function codes(failureClass: FailureClass, ...lines: readonly string[]) {
  return Object.fromEntries(
    lines.flatMap((line) => line.split(" ")).map((code) => [code, failureClass]),
  );
}
