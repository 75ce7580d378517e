// Answers that leave in the order in which they were asked for. A failure comes at once: nobody waits for its
// place.
export class AnswerOrder {
  #before: Promise<unknown> = Promise.resolve();

  /** Settles as the reply does, and with an answer not before all that were kept before have settled. */
  keep<Reply>(reply: Promise<Reply>): Promise<Reply> {
    const before = this.#before;
    const settled = reply.then(
      () => undefined,
      () => undefined,
    );
    this.#before = before.then(() => settled);
    return reply.then((answer) => before.then(() => answer));
  }
}
