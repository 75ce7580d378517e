// A network that doubles what it gets, for those who join runs: at once, or as soon as it is let.
import assert from "node:assert/strict";
import type { BatchTerms } from "#actors/inference/batching/run-batcher.ts";
import { runScope } from "#actors/inference/batching/run-scope.ts";
import type { Network, TensorValues } from "#actors/inference/engine/network.ts";
import { Failure } from "#protocols/failure.ts";

export const terms: BatchTerms = { itemsMax: 4, preferred: [], delayMsMax: 5 };

/** Doubles what it gets, and fails with 13 in it; says how many items each run had. */
export function doubling(firstSide: number | string = "batch"): {
  readonly network: Network;
  readonly runs: number[];
} {
  const runs: number[] = [];
  const port = (name: string) => ({ name, type: "float32", shape: [firstSide, "width"] });
  return {
    runs,
    network: {
      inputs: [port("x")],
      outputs: [port("y")],
      async run({ x }) {
        assert.ok(x?.data instanceof Float32Array);
        runs.push(x.shape[0] ?? 0);
        if (x.data.includes(13)) throw new Failure("model_failed", "thirteen");
        return { y: { ...x, data: x.data.map((value) => 2 * value) } };
      },
      close: async () => undefined,
    },
  };
}

export const row = (...values: number[]): TensorValues => ({
  x: { type: "float32", shape: [1, values.length], data: Float32Array.from(values) },
});
export const seen = (answer: TensorValues): readonly number[] =>
  [...(answer.y?.data ?? [])].map(Number);

/** Doubles as soon as it is let, and shows the signals of its runs. */
export function held(overlapMax = 1) {
  const { network } = doubling();
  const signals: (AbortSignal | undefined)[] = [];
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const begun: (() => void)[] = [];
  const run: Network["run"] = async (values) => {
    signals.push(runScope.getStore()?.signal);
    for (const tell of begun.splice(0)) tell();
    await released;
    return network.run(values);
  };
  const slow: Network = { ...network, overlapMax, run };
  const hasBegun = async (count: number): Promise<void> => {
    while (signals.length < count) await new Promise<void>((resolve) => begun.push(resolve));
  };
  return { network: slow, release: () => release(), signals, hasBegun };
}
