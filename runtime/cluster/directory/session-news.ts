// What a node says of itself beside its record, as the state of its session: what its users say, and
// what the engine says under keys of its own. Pure.
import type { PlainValue } from "#protocols/cluster/directory-data.ts";
import { Failure } from "#protocols/failure.ts";

/** The engine's own keys. */
const ownKeys = ["status", "suspects", "placed"] as const;
export type OwnKey = (typeof ownKeys)[number];

export type SessionState = { readonly [key: string]: PlainValue };

export class SessionNews {
  #said: SessionState = {};
  readonly #own = new Map<OwnKey, PlainValue>();
  #listener: () => void = () => {};
  #hasSpoken = false;

  /** As the directory is to have it; undefined as long as nothing was ever said. */
  get state(): PlainValue | undefined {
    if (!this.#hasSpoken) return undefined;
    const state = { ...this.#said, ...Object.fromEntries(this.#own) };
    return Object.keys(state).length === 0 ? null : state;
  }

  /** In place of what was said before. Fails with `invalid` for a key of the engine's own. */
  say(state: SessionState): void {
    for (const key of ownKeys) {
      if (!Object.hasOwn(state, key)) continue;
      const text = `the state of a session was to say "${key}", which the engine says itself: take another word`;
      throw new Failure("invalid", text);
    }
    this.#said = state;
    this.#hasSpoken = true;
  }

  /** To be told at once, and not only with the next renewal; undefined takes it back. */
  tell(key: OwnKey, value: PlainValue | undefined): void {
    if (this.note(key, value)) this.#listener();
  }

  /** To be told with the next renewal; answers whether it is news. */
  note(key: OwnKey, value: PlainValue | undefined): boolean {
    if (JSON.stringify(this.#own.get(key)) === JSON.stringify(value)) return false;
    if (value === undefined) this.#own.delete(key);
    else this.#own.set(key, value);
    this.#hasSpoken = true;
    return true;
  }

  /** Calls this one, in place of the one before, when something is to be told at once. */
  attend(listener: () => void): void {
    this.#listener = listener;
  }
}
