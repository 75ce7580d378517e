// A signal of one's own that is aborted with others, for as long as one wants it. `AbortSignal.any` cannot be
// let go: what listens to its signal is kept by the process until one of the others is aborted.

export class JoinedSignal {
  readonly #own = new AbortController();
  readonly #sources: readonly AbortSignal[];
  readonly #sourceAborted = (event: Event): void => {
    const { target } = event;
    this.abort(target instanceof AbortSignal ? target.reason : undefined);
  };

  /** One of `sources` that is aborted already aborts it at once. */
  constructor(sources: readonly AbortSignal[]) {
    this.#sources = sources;
    const over = sources.find(({ aborted }) => aborted);
    if (over !== undefined) this.#own.abort(over.reason);
    else for (const source of sources) source.addEventListener("abort", this.#sourceAborted);
  }

  get signal(): AbortSignal {
    return this.#own.signal;
  }

  abort(reason?: unknown): void {
    this.release();
    this.#own.abort(reason);
  }

  /** What happens to the others does not matter any more. */
  release(): void {
    for (const source of this.#sources) {
      source.removeEventListener("abort", this.#sourceAborted);
    }
  }
}
