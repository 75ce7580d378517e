// Calling into user code: hooks that may be sync or async, and what a thrown value means. Callbacks
// instead of promises, so that what can happen at once happens at once.
import type { Exit } from "#protocols/envelope.ts";
import { errorText } from "#protocols/error-text.ts";
import { Failure } from "#protocols/failure.ts";

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" &&
  value !== null &&
  "then" in value &&
  typeof value.then === "function";

/**
 * Runs a hook that may be sync or async and reports its end once: done, failed, or too slow. `after`
 * sets a timer and answers how to cancel it; without end (`msMax` Infinity) there is none.
 */
export function runHook(options: {
  readonly hook: () => unknown;
  readonly name: string;
  readonly msMax: number;
  readonly after: (ms: number, ring: () => void) => () => void;
  readonly done: (failure: Failure | undefined) => void;
}): void {
  let hasEnded = false;
  const end = (failure: Failure | undefined): void => {
    if (hasEnded) return;
    hasEnded = true;
    options.done(failure);
  };
  let result: unknown;
  let isPromised: boolean;
  try {
    result = options.hook();
    isPromised = isThenable(result);
  } catch (error) {
    end(crashOf(error, options.name));
    return;
  }
  if (!isPromised) {
    end(undefined);
    return;
  }
  const { name, msMax, after } = options;
  const tooSlow = (): void => end(new Failure("timeout", `${name} did not end in ${msMax} ms`));
  const cancel = msMax === Number.POSITIVE_INFINITY ? () => {} : after(msMax, tooSlow);
  // Whatever has a `then` of its own may throw there: a promise never does.
  Promise.resolve(result).then(
    () => {
      cancel();
      end(undefined);
    },
    (error: unknown) => {
      cancel();
      end(crashOf(error, options.name));
    },
  );
}

/** What a thrown value means: a `Failure` keeps its code, anything else is a crash. */
export function crashOf(error: unknown, where: string): Failure {
  if (error instanceof Failure) return error;
  return new Failure("actor_crashed", `${where} threw ${errorText(error)}`, error);
}

export type BirthStep = "constructor" | "initial";

/** Thrown when an instance cannot be made: which step failed, and of what. */
export class BirthFailure {
  readonly step: BirthStep;
  readonly failure: Failure;
  constructor(step: BirthStep, failure: Failure) {
    this.step = step;
    this.failure = failure;
  }
}

/** Does one step of making an instance; throws `BirthFailure`. */
export function atBirth<T>(step: BirthStep, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new BirthFailure(step, crashOf(error, `the class's ${step}`));
  }
}

/** Runs the steps one after the other; each calls back when it is done. */
export function inSequence<T>(
  items: readonly T[],
  step: (item: T, done: () => void) => void,
  done: () => void,
): void {
  let index = 0;
  let isLooping = false;
  let isStepDone = true;
  // A loop, not a recursion: most steps are done at once, and there may be thousands.
  const proceed = (): void => {
    isStepDone = true;
    if (isLooping) return;
    isLooping = true;
    while (isStepDone) {
      const item = items[index];
      if (item === undefined) {
        done();
        return;
      }
      index += 1;
      isStepDone = false;
      step(item, proceed);
    }
    isLooping = false;
  };
  proceed();
}

/** How somebody ends who ends with this failure, or with none. */
export const exitOf = (failure: Failure | undefined): Exit =>
  failure ? { kind: "crashed", failure: failure.toData() } : { kind: "stopped" };

/** Each once: they are taken out first. */
export function callAll(waiting: (() => void)[]): void {
  for (const call of waiting.splice(0)) call();
}
