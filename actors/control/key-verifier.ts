// Asks the store whose key it is, but not as often as strangers would like: a key that was refused is refused
// again for a while without asking, the same key is asked for once at a time, and of all keys only so many.
import { controlLimits } from "#protocols/control-limits.ts";
import { Failure } from "#protocols/failure.ts";
import type { KeyVerified } from "#protocols/tasks/key-records.ts";
import type { ControlCounts } from "./control-counts.ts";

export interface KeyVerifierPorts {
  readonly counts: ControlCounts;
  now(): number;
  /** Asks the store. */
  verify(hash: string): Promise<KeyVerified>;
}

interface Refused {
  readonly verdict: KeyVerified;
  readonly untilMs: number;
}

export class KeyVerifier {
  readonly #ports: KeyVerifierPorts;
  readonly #refused = new Map<string, Refused>();
  readonly #asked = new Map<string, Promise<KeyVerified>>();

  constructor(ports: KeyVerifierPorts) {
    this.#ports = ports;
  }

  /** Fails with `unavailable` when too many are asked for, and as the store does. */
  verify(hash: string): Promise<KeyVerified> {
    const { counts, now } = this.#ports;
    const known = this.#refused.get(hash);
    if (known && known.untilMs > now()) {
      counts.keyRefused("again");
      return Promise.resolve(known.verdict);
    }
    const asked = this.#asked.get(hash);
    if (asked) return asked;
    if (this.#asked.size >= controlLimits.keysAskedMax) {
      counts.reached("control_keys_asked");
      const text = `${this.#asked.size} keys are being looked up; try again soon`;
      return Promise.reject(new Failure("unavailable", text));
    }
    const verified = this.#ask(hash);
    this.#asked.set(hash, verified);
    counts.stands("control_keys_asked", this.#asked.size);
    return verified;
  }

  async #ask(hash: string): Promise<KeyVerified> {
    const { counts, verify } = this.#ports;
    try {
      const verdict = await verify(hash);
      if (verdict.kind !== "valid") this.#remember(hash, verdict);
      return verdict;
    } finally {
      this.#asked.delete(hash);
      counts.stands("control_keys_asked", this.#asked.size);
    }
  }

  /** The oldest is forgotten beyond the limit: it is asked for again. */
  #remember(hash: string, verdict: KeyVerified): void {
    const { counts, now } = this.#ports;
    counts.keyRefused("asked");
    this.#refused.delete(hash);
    this.#refused.set(hash, { verdict, untilMs: now() + controlLimits.keyRefusedMs });
    if (this.#refused.size <= controlLimits.keysRefusedMax) return;
    const [oldest] = this.#refused.keys();
    if (oldest !== undefined) this.#refused.delete(oldest);
  }
}
