// What a checker throws when the system under test did what it promises never to do.

export class BrokenPromise extends Error {
  /** Ids of the events in the history that show it. */
  readonly events: readonly number[];

  constructor(statement: string, events: readonly number[] = []) {
    super(statement);
    this.name = "BrokenPromise";
    this.events = events;
  }
}

export const broken = (statement: string, events: readonly number[] = []): BrokenPromise =>
  new BrokenPromise(statement, events);
