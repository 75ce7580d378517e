// A network whose pictures are brought to a few sizes before they are run, so that more of them can run together.
// Whoever runs it gets what it asked for, cut back to the size that it had.
import type { Network, TensorValues } from "../engine/network.ts";
import { WrappedNetwork } from "../engine/wrapped-network.ts";
import {
  bucketSide,
  cutValues,
  paddedValues,
  planeSizeOf,
  type SizeBuckets,
} from "./size-buckets.ts";

export class PaddedNetwork extends WrappedNetwork {
  readonly #buckets: SizeBuckets;

  constructor(network: Network, buckets: SizeBuckets) {
    super(network);
    this.#buckets = buckets;
  }

  /** Also fails with `model_failed` when an output cannot be cut back. */
  override async run(values: TensorValues): Promise<TensorValues> {
    const size = planeSizeOf(values, this.inputs);
    if (!size) return this.network.run(values);
    const height = bucketSide(size.height, this.#buckets);
    const padded = { height, width: bucketSide(size.width, this.#buckets) };
    if (padded.height === size.height && padded.width === size.width) {
      return this.network.run(values);
    }
    const answer = await this.network.run(paddedValues(values, padded));
    return cutValues(answer, { padded, size });
  }
}
