// Pure. Which version each name of a model means: the name alone, and its aliases. A name moves when
// the version that it is to mean is ready, and stays with the one that it meant last until then.
//
//   stable: 1          ready: 1      ─► 1
//   stable: 2          ready: 1      ─► 1, which is kept
//   stable: 2, failed  ready: 1, 3   ─► 1, which is kept
//   stable: 2          ready: 1, 2   ─► 2
//   (no stable)        ready: 1, 2   ─► nothing, at once

/** Undefined: the model's own name. */
type Name = string | undefined;

/** Versions ascending. */
export interface NameTerms {
  readonly aliases: Readonly<Record<string, number>>;
  readonly wanted: readonly number[];
  readonly ready: readonly number[];
}

interface Meaning {
  /** What it is to mean, best first. */
  readonly goals: readonly number[];
  /** What it means; undefined: nothing of it is ready. */
  readonly version: number | undefined;
  /** What it meant last, whether that is ready still or not. */
  readonly last: number | undefined;
}

export class ModelNames {
  #meanings: ReadonlyMap<Name, Meaning> = new Map();

  /** Called whenever one of the terms has changed. */
  follow({ aliases, wanted, ready }: NameTerms): void {
    // Of a model that was unloaded nothing is remembered.
    if (wanted.length === 0 && ready.length === 0) this.#meanings = new Map();
    const meaning = (name: Name, goals: readonly number[], others: readonly number[]): Meaning => {
      const last = this.#meanings.get(name)?.last;
      const choices = [...goals, ...(last === undefined ? [] : [last]), ...others];
      const version = choices.find((choice) => ready.includes(choice));
      return { goals, version, last: version ?? last };
    };
    // To the name alone an old version is better than none.
    const own = meaning(undefined, wanted.toReversed(), ready.toReversed());
    const further = Object.entries(aliases).map(
      ([alias, goal]) => [alias, meaning(alias, [goal], [])] as const,
    );
    this.#meanings = new Map<Name, Meaning>([[undefined, own], ...further]);
  }

  /** Undefined: there is no such name, or nobody is ready. */
  versionOf(name: Name): number | undefined {
    return this.#meanings.get(name)?.version;
  }

  /** What an alias is to mean; undefined: there is none of that name. */
  goalOf(alias: string): number | undefined {
    return this.#meanings.get(alias)?.goals[0];
  }

  /** Those that mean this version or, where they mean none yet, are to. */
  aliasesOf(version: number): readonly string[] {
    return this.#aliases
      .filter(([, { goals, version: meant = goals[0] }]) => meant === version)
      .map(([alias]) => alias);
  }

  /** Versions that are still meant in the place of others, which are not ready; they may have ended themselves. */
  get kept(): readonly number[] {
    return [...this.#meanings.values()].flatMap(({ goals, last }) =>
      last === undefined || goals.includes(last) ? [] : [last],
    );
  }

  /** Why aliases mean this version and not what they are to. */
  notesOn(version: number): readonly string[] {
    return this.#aliases
      .filter(([, meaning]) => meaning.version === version && !meaning.goals.includes(version))
      .map(
        ([alias, { goals }]) => `the alias ${alias} means it until version ${goals[0]} is ready`,
      );
  }

  get #aliases(): readonly (readonly [string, Meaning])[] {
    return [...this.#meanings].flatMap(([name, meaning]) =>
      name === undefined ? [] : [[name, meaning] as const],
    );
  }
}
