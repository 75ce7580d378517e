// At most N restarts within P milliseconds; the oldest fall out. Pure. After OTP's supervisor
// (`add_restart`): a child that keeps failing must not be restarted for ever.

export class RestartWindow {
  readonly #restartsMax: number;
  readonly #withinMs: number;
  /** Oldest first; never more than `restartsMax` and one, which is all that a decision needs. */
  readonly #times: number[] = [];

  constructor(bounds: { readonly restartsMax: number; readonly withinMs: number }) {
    this.#restartsMax = bounds.restartsMax;
    this.#withinMs = bounds.withinMs;
  }

  /** Notes a restart; false when it is one too many, and the failure must go further up. */
  record(nowMs: number): boolean {
    if (this.#restartsMax === Number.POSITIVE_INFINITY) return true;
    const oldest = nowMs - this.#withinMs;
    const current = this.#times.findIndex((time) => time > oldest);
    this.#times.splice(0, current < 0 ? this.#times.length : current);
    this.#times.push(nowMs);
    if (this.#times.length > this.#restartsMax + 1) this.#times.shift();
    return this.#times.length <= this.#restartsMax;
  }

  /** Restarts noted and not fallen out at the last `record`, at most `restartsMax` and one. */
  get count(): number {
    return this.#times.length;
  }

  /** Forgets all restarts. */
  clear(): void {
    this.#times.length = 0;
  }
}
