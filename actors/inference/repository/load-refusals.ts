// Pure. Why versions of one model could not be loaded, and which of them are tried again.
import type { Target } from "./version-plan.ts";

export interface LoadRefusal extends Target {
  readonly reason: string;
  /** `awaited`: it is going to be tried again; `without room`: as soon as memory is given back. */
  readonly standing: "final" | "awaited" | "without room";
}

/** Remembered of one model. More: the oldest is forgotten. */
const refusalsMax = 64;

export class LoadRefusals {
  #all: readonly LoadRefusal[] = [];
  /** How often in a row and why at last, by version; forgotten when it is ready. */
  readonly #tried = new Map<number, { readonly count: number; readonly reason: string }>();

  get all(): readonly LoadRefusal[] {
    return this.#all;
  }

  of(version: number): LoadRefusal | undefined {
    return this.#all.find((one) => one.version === version);
  }

  /** How often it was tried in vain, in a row. */
  countOf(version: number): number {
    return this.#tried.get(version)?.count ?? 0;
  }

  /** Also of what is tried again. */
  lastReasonOf(version: number): string | undefined {
    return this.#tried.get(version)?.reason;
  }

  add(refusal: LoadRefusal): void {
    const { reason, version } = refusal;
    if (this.#tried.size >= refusalsMax) this.#tried.clear();
    this.#tried.set(version, { count: this.countOf(version) + 1, reason });
    const others = this.#all.filter((one) => one.version !== version);
    this.#all = [...others, refusal].slice(-refusalsMax);
  }

  /** What was tried in vain is tried again; of one version, or of all. */
  forgive(version?: number): void {
    this.#all = this.#all.filter((one) => version !== undefined && one.version !== version);
  }

  /** It is ready: nothing is wrong with it, and nothing was. */
  forget(version: number): void {
    this.forgive(version);
    this.#tried.delete(version);
  }

  /** What there was no memory for is tried again. */
  findRoom(): void {
    this.#all = this.#all.filter(({ standing }) => standing !== "without room");
  }
}
