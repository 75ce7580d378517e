// Small named values: what a worker is told beside the files, and what it tells of its result. They travel in
// one message and stand in one row, so all of them together are bounded, and every name can be encoded.
import Type, { type Static } from "typebox";
import { isForbiddenKey } from "../plain-data.ts";
import { storeLimits } from "../store-limits.ts";

const Values = Type.Record(
  Type.String(),
  Type.Union([Type.String({ maxLength: 16_384 }), Type.Number(), Type.Boolean(), Type.Null()]),
);

/** Texts have at most 16,384 characters, names 64, all of them `storeLimits.parametersBytesMax`. */
export const TaskParameters = Type.Refine(
  Values,
  (values) => problemOf(values) === undefined,
  (values) => problemOf(values) ?? "",
);
export type TaskParameters = Static<typeof Values>;

const nameLengthMax = 64;

/** Bytes as UTF-8. */
export function parametersBytes(values: TaskParameters): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(values)) {
    bytes += Buffer.byteLength(name);
    if (typeof value === "string") bytes += Buffer.byteLength(value);
  }
  return bytes;
}

function problemOf(values: TaskParameters): string | undefined {
  for (const name of Object.keys(values)) {
    if (isForbiddenKey(name)) return `have the name ${name}, which is reserved: choose another`;
    if (name.length <= nameLengthMax) continue;
    return `have a name of ${name.length} characters, at most ${nameLengthMax}: ${name.slice(0, 32)}…`;
  }
  const bytes = parametersBytes(values);
  const bytesMax = storeLimits.parametersBytesMax;
  if (bytes <= bytesMax) return undefined;
  return `have ${bytes} bytes, at most ${bytesMax} together: send what is large as a file`;
}
