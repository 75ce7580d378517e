// `count` times some work, at most so much at once.
import type { Round } from "../contest.ts";

export async function lanes(
  { count, inFlight }: { readonly count: number; readonly inFlight: number },
  work: () => Promise<unknown>,
): Promise<Round> {
  const latenciesMs: number[] = [];
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      const startedAt = performance.now();
      await work();
      latenciesMs.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: inFlight }, lane));
  return { n: count, elapsedMs: performance.now() - startedAt, latenciesMs };
}
