// Pure. Whether one tensor of a run is what is declared of it, and of the same lengths as the others where a
// word stands for them.
import { Failure } from "#protocols/failure.ts";
import type { TensorValue } from "./network.ts";

export interface CheckedPort {
  readonly name: string;
  /** Empty: any. */
  readonly type: string;
  /** None: any. A word is any length, the same in all tensors of a run that have it; -1 any. */
  readonly shape: readonly (number | string)[];
  /** Whose words they are. */
  readonly from: "config" | "file";
}

/** Which length a word stands for in one run, and where it was first seen. */
export type Words = Map<string, { readonly length: number; readonly name: string }>;

/** Fails with `model_failed`, naming the tensor, what was expected and what was found. */
export function refuseOther(
  side: "input" | "output",
  port: CheckedPort,
  value: TensorValue | undefined,
  words: Words,
): void {
  const { name, type, shape, from } = port;
  if (!value) throw refused(side, port, "there is none");
  const hasRank = shape.length === 0 || shape.length === value.shape.length;
  if ((type !== "" && value.type !== type) || !hasRank) throw refused(side, port, textOf(value));
  for (const [at, wanted] of shape.entries()) {
    const found = value.shape[at] ?? 0;
    if (typeof wanted === "number") {
      if (wanted >= 0 && wanted !== found) throw refused(side, port, textOf(value));
      continue;
    }
    const word = `${from} ${wanted}`;
    const known = words.get(word);
    if (known === undefined) words.set(word, { length: found, name });
    else if (known.length !== found) {
      const other = `${wanted} is ${known.length} in ${known.name}`;
      throw refused(side, port, `${textOf(value)}, and ${other}`);
    }
  }
}

const refused = (side: string, { name, type, shape }: CheckedPort, found: string): Failure => {
  const sides = shape.length === 0 ? "" : `[${shape.join(", ")}]`;
  const wanted = [type, sides].filter(Boolean).join(" ") || "a tensor";
  return new Failure("model_failed", `${side} ${name} is ${found}; expected ${wanted}`);
};

const textOf = ({ type, shape }: TensorValue): string => `${type} [${shape.join(", ")}]`;
