// How long answers of one model take from the end of their run until they are with whoever asked, so that a run
// is begun in time for a deadline. The engine measures what it sees of that, the composing and writing; the rest
// it allows for.

/** Behind the engine: its pipe, the link to the queue, the commit and the way to the client, on a busy machine. */
const behindMs = 100;
/** How much the newest counts that was faster than those before. */
const fasterShare = 0.1;

export class AfterRuns {
  #writingMs = 0;

  /** A slower one counts at once: late is worse than early. */
  measured(ms: number): void {
    const share = ms > this.#writingMs ? 1 : fasterShare;
    this.#writingMs += share * (ms - this.#writingMs);
  }

  get expectedMs(): number {
    return this.#writingMs + behindMs;
  }
}
