// The numbers that a listener asks its greeters to answer, each good for one answer, soon, in one
// session. Pure: chance and time come in.
//
// Full: the oldest is forgotten; whoever it was given to is asked anew.

export const nonceBytes = 32;

const nonceMsMax = 5_000;
const noncesMax = 4_096;

interface Given {
  readonly session: number;
  readonly givenMs: number;
}

export class NonceBook {
  readonly #newNonce: () => Buffer;
  /** By their hexadecimal digits, the oldest first. */
  readonly #open = new Map<string, Given>();

  /** `newNonce` gives `nonceBytes` bytes that nobody can foresee. */
  constructor(newNonce: () => Buffer) {
    this.#newNonce = newNonce;
  }

  give(session: number, nowMs: number): Buffer {
    const nonce = this.#newNonce();
    this.#open.set(nonce.toString("hex"), { session, givenMs: nowMs });
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= noncesMax) break;
      this.#open.delete(oldest);
    }
    return nonce;
  }

  /** True once for each nonce that was given for that session, within five seconds. */
  redeem(nonce: Uint8Array, session: number, nowMs: number): boolean {
    const digits = Buffer.from(nonce).toString("hex");
    const given = this.#open.get(digits);
    this.#open.delete(digits);
    return given?.session === session && nowMs - given.givenMs <= nonceMsMax;
  }
}
