// Channels that are being opened for a subscriber just now. Who subscribes to one of them again waits and
// begins where the first does: were it opened anew, its later beginning would hold for both, and skip
// what happened between the two.
import type { AnyRef } from "#protocols/actor-ref.ts";
import { addressKey } from "#protocols/address.ts";

export class ChannelOpenings {
  /** At most one a question of a subscriber that is under way, and each of those has a deadline. */
  readonly #underWay = new Map<string, Promise<void>>();

  /** Fulfilled when one of these is opened, or could not be; undefined: none of them is under way. */
  underWay(ref: AnyRef, channels: readonly string[]): Promise<void> | undefined {
    for (const channel of channels) {
      const other = this.#underWay.get(keyOf(ref, channel));
      if (other) return other;
    }
    return undefined;
  }

  /** Until it is settled these count as under way. */
  async until<T>(ref: AnyRef, channels: readonly string[], opening: Promise<T>): Promise<T> {
    const over = opening.then(
      () => {},
      () => {},
    );
    for (const channel of channels) this.#underWay.set(keyOf(ref, channel), over);
    try {
      return await opening;
    } finally {
      for (const channel of channels) {
        const key = keyOf(ref, channel);
        if (this.#underWay.get(key) === over) this.#underWay.delete(key);
      }
    }
  }
}

const keyOf = (ref: AnyRef, channel: string): string => `${channel} ${addressKey(ref.$.address)}`;
