// How far a run of many seeds is: a bar where somebody looks, and else a line now and then when it is long.
const barLength = 24;
const shownEveryMs = { terminal: 200, file: 60_000 };

export interface SeedsDone {
  readonly name: string;
  readonly done: number;
  readonly seeds: number;
  readonly elapsedMs: number;
}

/** Such as `tasks: [######..................] 5000 of 20000 seeds, 8.3/s, 30 min left`. */
export function progressLine({ name, done, seeds, elapsedMs }: SeedsDone): string {
  const full = Math.floor((barLength * done) / seeds);
  const bar = "#".repeat(full).padEnd(barLength, ".");
  const perSecond = done / (elapsedMs / 1_000);
  const leftS = Math.ceil((seeds - done) / perSecond);
  const left = leftS < 120 ? `${leftS} s` : `${Math.round(leftS / 60)} min`;
  return `${name}: [${bar}] ${done} of ${seeds} seeds, ${perSecond.toFixed(1)}/s, ${left} left`;
}

export class SeedProgress {
  readonly #isLong: boolean;
  #shownMs = performance.now();

  constructor({ isLong }: { readonly isLong: boolean }) {
    this.#isLong = isLong;
  }

  show(done: SeedsDone): void {
    const { isTTY } = process.stderr;
    const everyMs = isTTY ? shownEveryMs.terminal : shownEveryMs.file;
    if ((!isTTY && !this.#isLong) || performance.now() - this.#shownMs < everyMs) return;
    this.#shownMs = performance.now();
    const line = progressLine(done);
    process.stderr.write(isTTY ? `\r${line}\u001b[K` : `${line}\n`);
  }

  clear(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  }
}
