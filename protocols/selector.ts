// The name of a message as a small object made once per protocol: what a stub puts into a mailbox
// and what a dispatcher looks its handler up by. Three forms say how the arguments stand beside it,
// so that a message of one argument needs no array.

/** `none`: no argument. `one`: the argument itself. `many`: an array of them. */
export type ArgumentForm = 0 | 1 | 2;

export class Selector {
  readonly name: string;
  /** Position among the protocol's methods; an actor's handler table has the same order. */
  readonly index: number;
  readonly form: ArgumentForm;
  /** Asks that may interleave with each other. */
  readonly isReadonly: boolean;

  constructor(name: string, index: number, form: ArgumentForm, isReadonly: boolean) {
    this.name = name;
    this.index = index;
    this.form = form;
    this.isReadonly = isReadonly;
  }
}

export interface Selectors {
  readonly none: Selector;
  readonly one: Selector;
  readonly many: Selector;
}

export const selectorsFor = (name: string, index: number, isReadonly: boolean): Selectors => ({
  none: new Selector(name, index, 0, isReadonly),
  one: new Selector(name, index, 1, isReadonly),
  many: new Selector(name, index, 2, isReadonly),
});

/** The form for so many arguments. */
export const formOf = (selectors: Selectors, count: number): Selector =>
  count === 1 ? selectors.one : count === 0 ? selectors.none : selectors.many;

/** The payload slot's content as an argument list. */
export function argumentsOf(selector: Selector, payload: unknown): readonly unknown[] {
  if (selector.form === 0) return [];
  if (selector.form === 1) return [payload];
  return Array.isArray(payload) ? payload : [payload];
}

/** The payload slot's content for an argument list. */
export const payloadOf = (args: readonly unknown[]): unknown => (args.length > 1 ? args : args[0]);
