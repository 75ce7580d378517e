// At most N restarts within P milliseconds; the oldest fall out. Pure. After OTP's supervisor
// (`add_restart`): a child that keeps failing must not be restarted for ever.

export class RestartWindow {
  readonly #restartsMax: number;
  readonly #withinMs: number;
  #times: number[] = [];

  constructor(bounds: { readonly restartsMax: number; readonly withinMs: number }) {
    this.#restartsMax = bounds.restartsMax;
    this.#withinMs = bounds.withinMs;
  }

  /** Notes a restart; false when it is one too many, and the failure must go further up. */
  record(nowMs: number): boolean {
    this.#times = this.#times.filter((time) => nowMs - time < this.#withinMs);
    this.#times.push(nowMs);
    return this.#times.length <= this.#restartsMax;
  }

  /** Restarts noted and not fallen out at the last `record`. */
  get count(): number {
    return this.#times.length;
  }
}
