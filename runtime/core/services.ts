// What a node provides to its actors beside messages: a store, a meter. Each under a key that carries
// its type, so that `ctx.use(key)` needs no cast.
import { Failure } from "#protocols/failure.ts";

export interface ServiceKey<T> {
  readonly name: string;
  /** The value as what it is; undefined when it is something else. */
  readonly accept: (value: unknown) => T | undefined;
  /** What to do where it is not provided. */
  readonly remedy: string;
}

const remedyDefault = "call system.provide first";

/** A key; `accept` recognises the service, for example `(value) => value instanceof Journal ? value : undefined`. */
export const serviceKey = <T>(
  name: string,
  accept: (value: unknown) => T | undefined,
  remedy: string = remedyDefault,
): ServiceKey<T> => ({ name, accept, remedy });

export class Services {
  readonly #values = new Map<string, unknown>();

  /** Fails with `name_taken` when the node provides it already. */
  provide<T>(key: ServiceKey<T>, value: T): void {
    if (this.#values.has(key.name)) {
      throw new Failure("name_taken", `this node provides "${key.name}" already`);
    }
    this.#values.set(key.name, value);
  }

  use<T>(key: ServiceKey<T>): T {
    const value = key.accept(this.#values.get(key.name));
    if (value !== undefined) return value;
    const known = [...this.#values.keys()].join(", ") || "nothing";
    const text = `this node provides no "${key.name}", only: ${known}; ${key.remedy}`;
    throw new Failure("unavailable", text);
  }
}
