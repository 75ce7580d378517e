// Pure. A request as it is written into the pipe, refused before it waits for its turn.
import { Compile } from "typebox/compile";
import { Failure } from "#protocols/failure.ts";
import { limits } from "#protocols/limits.ts";
import { frameParts, requestBounds } from "./engine-frames.ts";
import { EngineRun } from "./engine-messages.ts";
import type { RunRequest } from "./engine-request.ts";

const runCheck = Compile(EngineRun);

/** Fails with `not_found` for a model that the process does not have, `too_large` and `invalid`. */
export function runOrderOf(
  { model, parameters, files: given, withinMs }: RunRequest,
  { id, models }: { readonly id: number; readonly models: readonly { readonly name: string }[] },
): EngineRun {
  if (!models.some(({ name }) => name === model)) {
    const known = models.map(({ name }) => name).join(", ");
    throw new Failure("not_found", `the engine has no model ${model}, only ${known}`);
  }
  for (const { name, bytes } of given) refuseTooLarge(name, bytes);
  const files = given.map(({ name, bytes }) => ({ name, size: bytes.byteLength }));
  const until = withinMs === undefined ? {} : { withinMs };
  const order = { kind: "run", id, model, parameters, ...until, files };
  if (!runCheck.Check(order)) {
    const first = runCheck.Errors(order)[0];
    throw new Failure("invalid", `run request: ${first?.instancePath} ${first?.message}`);
  }
  frameParts(
    order,
    given.map(({ bytes }) => bytes),
    requestBounds,
  );
  return order;
}

function refuseTooLarge(what: string, file: Uint8Array): void {
  if (file.byteLength <= limits.imageBytesMax) return;
  const detail = `the ${what} has ${file.byteLength} bytes, at most ${limits.imageBytesMax} are allowed`;
  throw new Failure("too_large", detail);
}
