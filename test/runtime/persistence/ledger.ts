// An actor that is kept as its events: entries of a ledger, numbered by their writer.
import { ask, type Handlers, protocol, tell } from "#protocols/protocol.ts";
import { PersistentActor } from "#runtime/persistence/persistent-actor.ts";

export interface Ledger {
  /** Answers how many entries there are, the new one included. */
  enter(note: string): number;
  enterAll(notes: readonly string[]): number;
  /** Enters each note on its own, all at the same time. */
  enterEach(notes: readonly string[]): number;
  notes(): readonly string[];
  crash(): void;
}
export const Ledger = protocol<Ledger>("test.Ledger@1", {
  enter: ask(),
  enterAll: ask(),
  enterEach: ask(),
  notes: ask(),
  crash: tell,
});

export type Entered = { readonly kind: "entered"; readonly note: string };
export interface LedgerState {
  readonly name: string;
  readonly notes: string[];
}

export class LedgerActor
  extends PersistentActor<Ledger, LedgerState, Entered>
  implements Handlers<Ledger>
{
  static readonly protocol = Ledger;
  static readonly persistence = {
    id: (state: LedgerState) => `ledger-${state.name}`,
    snapshot: { events: 10 },
  };
  static initial = (args: { readonly name: string }): LedgerState => ({
    name: args.name,
    notes: [],
  });

  async enter(note: string): Promise<number> {
    await this.persist({ kind: "entered", note });
    return this.version;
  }

  async enterAll(notes: readonly string[]): Promise<number> {
    const [first = "", ...others] = notes;
    await this.persist(entered(first), ...others.map(entered));
    return this.version;
  }

  async enterEach(notes: readonly string[]): Promise<number> {
    await Promise.all(notes.map((note) => this.persist(entered(note))));
    return this.version;
  }

  notes(): readonly string[] {
    return [...this.state.notes];
  }

  crash(): void {
    throw new Error("told to crash");
  }

  protected override apply(event: Entered): void {
    this.state.notes.push(event.note);
  }
}

const entered = (note: string): Entered => ({ kind: "entered", note });
