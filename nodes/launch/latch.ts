// Something that happens once, and that many may wait for, before or afterwards.

export class Latch {
  readonly opened: Promise<void>;
  #resolve: () => void = () => undefined;
  #isOpen = false;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  open(): void {
    this.#isOpen = true;
    this.#resolve();
  }
}

/** Resolves when the promise does, or after `timeoutMs`; the answer says which it was. */
export async function within(timeoutMs: number, promise: Promise<void>): Promise<"done" | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), Math.max(0, timeoutMs));
  });
  const outcome = await Promise.race([promise.then(() => "done" as const), late]);
  clearTimeout(timer);
  return outcome;
}
