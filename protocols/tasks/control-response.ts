// What a handler of a command answers, looked at where it comes in: the history keeps it as JSON, which
// would make null of NaN, an empty map of a Set, and nothing of a function. Pure.
import { Failure } from "../failure.ts";
import { limits } from "../limits.ts";
import { isRecord } from "../plain-data.ts";
import type { ControlResponse } from "./control.ts";

/**
 * The response that was answered; an empty one for nothing. Fails with `internal`, in words for the
 * handler's author, for what is no map or does not fit into JSON.
 */
export function controlResponseOf(command: string, answered: unknown): ControlResponse {
  if (answered === undefined || answered === null) return {};
  if (!isMap(answered)) {
    const text = `${kindOf(answered)}: return a map, such as { result: … }, or nothing`;
    throw wrong(command, text);
  }
  const misfit = misfitIn(answered, "it", 1);
  if (misfit !== undefined) {
    throw wrong(command, `what does not fit into JSON: ${misfit}; return it in another form`);
  }
  return answered;
}

const isMap = (value: unknown): value is ControlResponse =>
  typeof value === "object" && value !== null && isRecord(value);

const wrong = (command: string, what: string): Failure =>
  new Failure("internal", `the handler of ${command} answered ${what}. What it did stays done`);

function misfitIn(value: unknown, place: string, depth: number): string | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined;
  if (typeof value === "number" && Number.isFinite(value)) return undefined;
  if (depth > limits.decodeDepthMax) return `${place} is nested deeper than ${depth - 1}`;
  const inner = partsOf(value);
  if (inner === undefined) return `${place} is ${kindOf(value)}`;
  for (const [key, item] of inner) {
    const misfit = misfitIn(item, place === "it" ? key : `${place}.${key}`, depth + 1);
    if (misfit !== undefined) return misfit;
  }
  return undefined;
}

/** Of what JSON can hold others in; a member that is undefined is none. */
function partsOf(value: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (Array.isArray(value)) return value.map((item, index) => [String(index), item]);
  if (!isMap(value)) return undefined;
  return Object.entries(value).filter(([, item]) => item !== undefined);
}

function kindOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 64));
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return "a list";
  if (value === undefined) return "undefined";
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  const made: unknown = Object.getPrototypeOf(value)?.constructor;
  return `an instance of ${typeof made === "function" ? made.name : "an unknown class"}`;
}
