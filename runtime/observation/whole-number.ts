// The check that all bounds given as options go through.
import { Failure } from "#protocols/failure.ts";

/** The value, if it is a whole number within the bounds; fails with `invalid`. */
export function wholeNumber(
  name: string,
  value: number,
  {
    least = 1,
    most = Number.MAX_SAFE_INTEGER,
  }: { readonly least?: number; readonly most?: number },
): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const upTo = most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`;
  throw new Failure("invalid", `${name} is ${value}; give a whole number from ${least}${upTo}`);
}
