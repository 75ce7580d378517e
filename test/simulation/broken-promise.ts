// What a checker throws when the system under test did what it promises never to do.

export class BrokenPromise extends Error {
  constructor(statement: string) {
    super(statement);
    this.name = "BrokenPromise";
  }
}

export const broken = (statement: string): BrokenPromise => new BrokenPromise(statement);
