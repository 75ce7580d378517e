// How much more the peer may send: what was received and not taken by an actor uses up the window.
// Pure.
//
//   received   |  taken by actors  |  kept by the engine  |
//   granted    |  taken by actors  |            window             |
//
// A grant is a total since the session began, so that it may be repeated, and it never shrinks.
import { linkLimits } from "#protocols/link-limits.ts";
import type { Credit } from "./sending-lane.ts";

const { creditMessages, creditBytes } = linkLimits;

/** What both ends assume before the first acknowledgement. */
export const firstCredit: Credit = { messagesMax: creditMessages, bytesMax: creditBytes };

export class CreditGrant {
  #received = 0;
  #bytesReceived = 0;
  #kept = 0;
  #bytesKept = 0;
  #granted: Credit = firstCredit;

  get kept(): number {
    return this.#kept;
  }

  /** The peer sent more than it was granted. */
  get isExceeded(): boolean {
    const { messagesMax, bytesMax } = this.#granted;
    return this.#received > messagesMax || this.#bytesReceived > bytesMax;
  }

  received(messages: number, bytes: number): void {
    this.#received += messages;
    this.#bytesReceived += bytes;
  }

  keep(bytes: number): void {
    this.#kept += 1;
    this.#bytesKept += bytes;
  }

  /** True when the peer should hear of it now: it may be waiting. */
  release(messages: number, bytes: number): boolean {
    this.#kept -= messages;
    this.#bytesKept -= bytes;
    const { messagesMax, bytesMax } = this.#granted;
    const isMuch =
      this.#received - this.#kept + creditMessages >= messagesMax + creditMessages / 4 ||
      this.#bytesReceived - this.#bytesKept + creditBytes >= bytesMax + creditBytes / 4;
    return isMuch || this.#kept === 0;
  }

  grant(): Credit {
    this.#granted = {
      messagesMax: Math.max(
        this.#granted.messagesMax,
        this.#received - this.#kept + creditMessages,
      ),
      bytesMax: Math.max(
        this.#granted.bytesMax,
        this.#bytesReceived - this.#bytesKept + creditBytes,
      ),
    };
    return this.#granted;
  }
}
