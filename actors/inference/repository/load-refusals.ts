// Pure. Why versions of one model could not be loaded, and which of them are tried again.
import type { FailureCode } from "#protocols/failure-codes.ts";
import { triedText } from "./start-again.ts";
import type { Target } from "./version-plan.ts";

export interface LoadRefusal extends Target {
  readonly reason: string;
  readonly code: FailureCode;
  /** `awaited`: it is going to be tried again; `without room`: as soon as memory is given back. */
  readonly standing: "final" | "awaited" | "without room";
  /** Of one that is awaited: how often it was tried in a row, and when it is next, in milliseconds since 1970 UTC. */
  readonly tries?: { readonly count: number; readonly nextAt: number };
}

interface Tries {
  readonly last: LoadRefusal;
  /** In a row, of these very files, for the same. */
  readonly count: number;
}

/** Remembered of one model. More: the oldest is forgotten. */
const refusalsMax = 64;

export class LoadRefusals {
  #all: readonly LoadRefusal[] = [];
  /** By version; forgotten when it is ready. */
  readonly #tried = new Map<number, Tries>();

  get all(): readonly LoadRefusal[] {
    return this.#all;
  }

  /** Why it is not there, and whether that may pass; undefined: nothing is known against it. */
  textOf(version: number): string | undefined {
    const { tries, reason } = this.#all.find((one) => one.version === version) ?? {};
    return tries === undefined ? reason : `${triedText(tries.count, tries.nextAt)}: ${reason}`;
  }

  /** How often these very files were tried in vain, in a row, for that. */
  countOf({ version, fingerprint }: Target, code: FailureCode): number {
    const { last, count = 0 } = this.#tried.get(version) ?? {};
    return last?.fingerprint === fingerprint && last.code === code ? count : 0;
  }

  /** Also of what is tried again. */
  lastReasonOf(version: number): string | undefined {
    return this.#tried.get(version)?.last.reason;
  }

  add({ version, fingerprint }: Target, why: Omit<LoadRefusal, keyof Target>): void {
    const refusal = { version, fingerprint, ...why };
    const { code } = why;
    const count = this.countOf(refusal, code) + 1;
    if (this.#tried.size >= refusalsMax) this.#tried.clear();
    this.#tried.set(version, { last: refusal, count });
    const others = this.#all.filter((one) => one.version !== version);
    this.#all = [...others, refusal].slice(-refusalsMax);
  }

  /** What was tried in vain is tried again; of all versions it is counted anew how often. */
  forgive(version?: number): void {
    this.#all = this.#all.filter((one) => version !== undefined && one.version !== version);
    if (version !== undefined) return;
    for (const [each, tries] of this.#tried) this.#tried.set(each, { ...tries, count: 0 });
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
